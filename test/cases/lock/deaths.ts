import assert from "node:assert/strict";
import { BoundedSemaphore, Lock, Queue, RLock, Semaphore, StateError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isNative, rejects, run, started } from "../../suite/help.ts";
import { goOn, killed, stopped, timed } from "../../suite/sync.ts";
import { eventLoopTurns, fallenAsleep } from "../helpers/signals.ts";
import { type AnyLock, expectFree, holdAndStay, holdThenRelease, waitForIt } from "./helpers.ts";

export async function holdTwiceAndStay(lock: AnyLock, ready: Queue): Promise<void> {
  await lock.acquire();
  await holdAndStay(lock, ready);
}

export async function holdAndEnd(lock: AnyLock): Promise<boolean> {
  return lock.acquire();
}

export async function holdAndClose(lock: AnyLock, ready: Queue, go: Queue): Promise<void> {
  await lock.acquire();
  await ready.put("held");
  await go.get();
  lock.close();
  await ready.put("closed");
  await go.get();
}

export const cases: Cases = {
  "a process that ends normally, or closes the lock, abandons a lock that it holds": slow(async () => {
    for (const lock of [new Lock(), new RLock()]) {
      assert.equal(await run({ target: holdAndEnd, args: [lock] }), true);
      assert.equal(await timed(0, 1000, () => lock.acquire({ timeout: 5000 })), true);
      assert.equal(lock.abandoned, true);
      await lock.release();
      const [ready, go] = [new Queue(), new Queue()];
      const child = await started({ target: holdAndClose, args: [lock, ready, go] });
      await ready.get();
      assert.equal(await lock.acquire({ block: false }), false);
      await go.put(1);
      await ready.get();
      assert.equal(await timed(0, 1000, () => lock.acquire({ timeout: 5000 })), true);
      assert.equal(lock.abandoned, true);
      await go.put(1);
      await child.join();
      lock.close();
    }
  }),
  "a killed holder: the next process gets the lock within 1 s and is told once": slow(async () => {
    for (const lock of [new Lock(), new RLock(), new BoundedSemaphore({ robust: true })]) {
      const ready = new Queue();
      const permits = lock instanceof Semaphore;
      const child = await started({ target: holdAndStay, args: [lock, ready] });
      await ready.get();
      const other = await started({ target: waitForIt, args: [lock, ready] });
      await ready.get();
      assert.equal(await lock.acquire({ block: false }), false);
      const held = await killed(child, lock.hold({ timeout: 10_000 }));
      const here = held.abandoned;
      assert.equal(lock.abandoned, here);
      await held.release();
      const there = await other.result();
      // The first of the two is told.
      assert.deepEqual([here, there].sort(), permits ? [false, false] : [false, true]);
      await other.join();
      const next = await lock.hold();
      assert.equal(next.abandoned, false, "told once");
      await next.release();
      await expectFree(lock);
      lock.close();
    }
  }),
  "a holder dies before anybody waits: an acquire without waiting gets the lock, and is told": slow(async () => {
    for (const [lock, target] of [
      [new Lock(), holdAndStay],
      [new RLock(), holdAndStay],
      [new RLock(), holdTwiceAndStay],
    ] as const) {
      const ready = new Queue();
      const child = await started({ target, args: [lock, ready] });
      await ready.get();
      child.kill();
      await child.join();
      await rejects(lock.release(), StateError);
      const until = performance.now() + 1000;
      while (!(await lock.acquire({ block: false }))) assert.ok(performance.now() < until);
      assert.equal(lock.abandoned, true);
      await lock.release();
      await rejects(lock.release(), StateError);
      assert.equal(await lock.acquire({ block: false }), true);
      assert.equal(lock.abandoned, false);
      lock.close();
    }
  }),
  "RLock: the first of the tasks that wait when its holder dies is told, for as long as it holds the lock": async () => {
    for (const how of ["hold", "acquire"] as const) {
      const [lock, ready] = [new RLock(), new Queue()];
      const holder = await started({ target: holdAndStay, args: [lock, ready] });
      await ready.get();
      const take = async (): Promise<boolean> =>
        how === "hold" ? (await lock.hold()).abandoned : (await lock.acquire()) && lock.abandoned;
      const tasks = [take(), take()];
      await eventLoopTurns();
      holder.kill();
      assert.equal(await tasks[0], true);
      assert.equal(lock.abandoned, true);
      // This acquire goes deeper into the same hold.
      assert.equal((await lock.hold()).abandoned, false, "told once");
      assert.equal(lock.abandoned, true);
      for (let i = 0; i < 2; i++) await lock.release();
      // The second task joined the hold of the first one. `hold()` speaks of its own acquire, `abandoned` of the whole hold.
      assert.equal(await tasks[1], how === "acquire");
      await lock.release();
      const next = await lock.hold();
      assert.deepEqual([next.abandoned, lock.abandoned], [false, false], "a hold of its own");
      await next.release();
      await rejects(lock.release(), StateError);
      await holder.join();
      lock.close();
    }
  },
  "a killed waiter blocks nobody, and gets nothing": slow(async () => {
    for (const lock of [new Lock(), new Semaphore({ value: 1, robust: true })]) {
      const [ready, go] = [new Queue(), new Queue()];
      const child = await started({ target: holdThenRelease, args: [lock, ready, go] });
      await ready.get();
      const waiter = await started({ target: waitForIt, args: [lock, ready] });
      await ready.get();
      await fallenAsleep(waiter);
      const waiting = lock.hold({ timeout: 10_000 });
      waiter.kill();
      await go.put(1);
      const held = await timed(0, 1000, () => waiting);
      await held.release();
      await waiter.join();
      await child.join();
      await expectFree(lock);
      lock.close();
    }
  }),
  "a stopped waiter does not delay others for long": async () => {
    const [lock, ready] = [new Lock(), new Queue()];
    await lock.acquire();
    const waiter = await started({ target: waitForIt, args: [lock, ready] });
    await ready.get();
    await fallenAsleep(waiter);
    await stopped(waiter);
    await lock.release();
    // The stopped waiter may have got the lock. Then only its end frees the lock, or its release once it goes on.
    const waiting = lock.acquire({ timeout: 10_000 });
    await eventLoopTurns();
    goOn(waiter);
    assert.equal(await waiting, true);
    await lock.release();
    assert.equal(await waiter.join({ timeout: 10_000 }), 0);
    assert.equal(await waiter.result(), false);
    lock.close();
  },
  "a stopped holder keeps the lock: waits respect their timeouts, and nobody takes it for dead": slow(async () => {
    for (const lock of [new Lock(), new RLock(), new Semaphore({ robust: true })]) {
      const [ready, go] = [new Queue(), new Queue()];
      const child = await started({ target: holdThenRelease, args: [lock, ready, go] });
      await ready.get();
      await stopped(child);
      assert.equal(await timed(400, 2500, () => lock.acquire({ timeout: 400 })), false);
      assert.equal(await lock.acquire({ block: false }), false);
      const abort = new AbortController();
      const aborted = lock.acquire({ signal: abort.signal });
      abort.abort(new Error("enough"));
      await assert.rejects(aborted, /enough/);
      if (isNative) assert.equal(lock.acquireSync({ timeout: 150 }), false);
      goOn(child);
      await go.put(1);
      assert.equal(await lock.acquire({ timeout: 10_000 }), true);
      assert.equal(lock.abandoned, false);
      await lock.release();
      assert.equal(await child.join(), 0);
      lock.close();
    }
  }),
};
