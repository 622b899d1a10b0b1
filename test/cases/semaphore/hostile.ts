import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { Barrier, BrokenBarrierError, Condition, Event, Lock, Semaphore, StateError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, started } from "../../suite/help.ts";
import { scribble, survives, withFile, writeWord } from "../../suite/memory-file.ts";
import { onlyNative } from "../../suite/sync.ts";

/** The offset of the guard in the memory of an object. Its value names the participant that holds it. */
const GUARD = 128;
/** The second participant of an object, in its first life. */
const SECOND = (1 << 11) | 2;

/** Keeps the objects open until it is told to end. */
export async function keep(_objects: readonly unknown[], ready: Event, end: Event): Promise<void> {
  await ready.set();
  await end.wait();
}

export const cases: Cases = {
  "a call waits for a process that was stopped in the middle of a call, and blocks no event loop": slow(async () => {
    onlyNative();
    const [ready, end, lock] = [new Event(), new Event(), new Lock()];
    const { object: permits, file: permitsFile } = withFile(() => new Semaphore(1));
    const { object: condition, file: conditionFile } = withFile(() => new Condition(lock));
    const { object: barrier, file: barrierFile } = withFile(() => new Barrier(1));
    const child = await started({ target: keep, args: [[permits, condition, barrier], ready, end] });
    await ready.wait();
    await permits.acquire();
    await lock.acquire();
    // From now on, the child seems to be in the middle of a call.
    for (const file of [permitsFile, conditionFile, barrierFile]) writeWord(file, GUARD, SECOND);
    let [calls, longest, last] = [0, 0, performance.now()];
    const watch = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    const done = (): void => void calls++;
    const pending = [permits.release(), condition.notify(), barrier.wait()].map((call) => call.then(done));
    const [late] = await Promise.all([barrier.wait({ timeout: 200 }).catch((error: unknown) => error), delay(600)]);
    assert.ok(late instanceof BrokenBarrierError, "it ends in time");
    assert.equal(calls, 0);
    for (const file of [permitsFile, conditionFile, barrierFile]) writeWord(file, GUARD, 0);
    await Promise.all(pending);
    clearInterval(watch);
    assert.ok(longest < 80, `the event loop stood still for ${longest} ms`);
    assert.equal(await permits.acquire({ block: false }), true);
    await end.set();
    await child.join();
    for (const object of [permits, condition, barrier, lock, ready, end]) object.close();
  }),
  "bad options": async () => {
    for (const value of ["1", null, {}, 5n, true]) {
      assert.throws(() => new Semaphore({ value: value as number }), TypeError);
      if (typeof value !== "object") assert.throws(() => new Semaphore(value as number), TypeError);
    }
    assert.throws(() => new Semaphore(null as never), TypeError);
    for (const value of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) assert.throws(() => new Semaphore(value), RangeError);
    assert.throws(() => new Semaphore({ robust: 1 as never }), TypeError);
    const full = new Semaphore(2 ** 31 - 1);
    await rejects(full.release(), StateError);
    full.close();
  },
  "random words in the memory of a semaphore: an error or a result, no crash, no endless loop": async () => {
    onlyNative();
    for (let seed = 1; seed <= 12; seed++) {
      const { object: semaphore, file } = withFile(() => new Semaphore({ value: 3, robust: seed % 2 === 0 }));
      await semaphore.acquire();
      scribble(file, seed);
      await survives([
        () => semaphore.acquire({ timeout: 50 }),
        async () => semaphore.acquireSync({ timeout: 50 }),
        () => semaphore.getValue(),
        () => semaphore.release(),
        () => semaphore.release(),
      ]);
      semaphore.close();
    }
  },
};
