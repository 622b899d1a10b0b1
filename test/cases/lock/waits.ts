import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { ClosedError, Lock, Pipe, Queue, RLock, Semaphore, SharedValue } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, started } from "../../suite/help.ts";
import { timed } from "../../suite/sync.ts";
import { eventLoopTurns, fallenAsleep } from "../helpers/signals.ts";
import { type AnyLock, expectFree, holdThenRelease } from "./helpers.ts";

/** Waits in two tasks at once; gives their results, and whether a third acquire succeeds after them. */
export async function acquireTwiceAtOnce(lock: RLock, ready: Queue): Promise<boolean[]> {
  const both = [1, 2].map(() => lock.acquire({ timeout: 10_000 }));
  await ready.put("waiting");
  const results = [...(await Promise.all(both)), await lock.acquire({ block: false })];
  for (const _ of results) await lock.release();
  return results;
}

export async function addUnderLock(lock: AnyLock, value: SharedValue<"i32">, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const held = await lock.hold();
    const before = await value.get();
    if (i % 10 === 0) await delay(0);
    await value.set(before + 1);
    await held.release();
  }
}

/** Aborts each acquire at about the time that the lock is released; gives how many succeeded and how many were aborted. */
export async function abortingAcquires(lock: AnyLock, rounds: number): Promise<[had: number, aborted: number]> {
  const counts: [number, number] = [0, 0];
  for (let i = 0; i < rounds; i++) {
    const abort = new AbortController();
    const waiting = lock.acquire({ signal: abort.signal }).catch(() => false);
    if (i % 3 === 0) await delay(i % 25);
    else for (let turns = i % 40; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    const had = await waiting;
    counts[had ? 0 : 1]++;
    if (had) await lock.release();
  }
  return counts;
}

export const cases: Cases = {
  "RLock: it goes to all tasks of a process that wait for it at once": async () => {
    const lock = new RLock();
    const ready = new Queue();
    await lock.acquire();
    const child = await started({ target: acquireTwiceAtOnce, args: [lock, ready] });
    await ready.get();
    await fallenAsleep(child);
    await lock.release();
    assert.deepEqual(await child.result({ timeout: 20_000 }), [true, true, true]);
    assert.equal(await lock.acquire({ timeout: 5000 }), true);
    await lock.release();
    await child.join();
    lock.close();
    ready.close();
  },
  "a timeout in every style: not too early, and the lock is free for the next process": async () => {
    const [lock, ready, go] = [new Lock(), new Queue(), new Queue()];
    const child = await started({ target: holdThenRelease, args: [lock, ready, go] });
    await ready.get();
    for (const look of [{ block: false }, { block: false, timeout: 5000 }, { timeout: 0 }, { timeout: -1 }])
      assert.equal(await timed(0, 500, () => lock.acquire(look)), false);
    assert.equal(await timed(120, 2000, () => lock.acquire({ timeout: 120 })), false);
    const waiting = lock.acquire({ timeout: 2 ** 40 });
    await go.put(1);
    assert.equal(await waiting, true);
    await lock.release();
    await child.join();
    await expectFree(lock);
    lock.close();
  },
  "an abort leaves no held lock and no waiter": slow(async () => {
    for (const lock of [new Lock(), new RLock(), new Semaphore(1)]) {
      const [ready, go] = [new Queue(), new Queue()];
      const reason = new Error("enough");
      await assert.rejects(lock.acquire({ signal: AbortSignal.abort(reason) }), reason);
      const child = await started({ target: holdThenRelease, args: [lock, ready, go] });
      await ready.get();
      const abort = new AbortController();
      const waits = [lock.acquire({ signal: abort.signal }), lock.hold({ signal: abort.signal })];
      await eventLoopTurns();
      abort.abort(reason);
      for (const wait of waits) await assert.rejects(wait, reason);
      await go.put(1);
      await child.join();
      await expectFree(lock);
      lock.close();
    }
  }),
  "an abort at the moment of a release: the lock is held or not, never in between": slow(async () => {
    for (const lock of [new Lock(), new Semaphore({ value: 1, robust: true })]) {
      const child = await started({ target: abortingAcquires, args: [lock, 150] });
      const ours = { had: 0, aborted: 0 };
      while (child.isAlive()) {
        const [had, aborted] = await abortingAcquires(lock, 7);
        ours.had += had;
        ours.aborted += aborted;
        await delay(1);
        assert.equal(await lock.acquire({ timeout: 5000 }), true);
        assert.equal(lock.abandoned, false);
        await lock.release();
      }
      const [had, aborted] = await child.result();
      assert.ok(had + aborted === 150 && had > 0 && ours.had > 0, JSON.stringify([had, aborted, ours]));
      await child.join();
      await expectFree(lock);
      lock.close();
    }
  }),
  "waiting processes and tasks get the lock one after another": slow(async () => {
    for (const lock of [new Lock(), new Semaphore(1)]) {
      const value = new SharedValue("i32", 0);
      const children = await Promise.all([0, 1].map(() => started({ target: addUnderLock, args: [lock, value, 100] })));
      await Promise.all([addUnderLock(lock, value, 100), addUnderLock(lock, value, 100)]);
      for (const child of children) assert.equal(await child.join(), 0);
      assert.equal(await value.get(), 400);
      lock.close();
      value.close();
    }
  }),
  "close ends pending calls and later ones; other objects for the same lock go on": async () => {
    for (const lock of [new Lock(), new RLock(), new Semaphore(1)]) {
      const [ready, go] = [new Queue(), new Queue()];
      const child = await started({ target: holdThenRelease, args: [lock, ready, go] });
      await ready.get();
      const [a, b] = Pipe<AnyLock>();
      await a.send(lock);
      const other = await b.recv();
      const waits = [lock.acquire(), lock.acquire({ timeout: 10_000 }), lock.hold()];
      lock.close();
      lock.close();
      for (const wait of waits) await rejects(wait, ClosedError, /closed/);
      for (const call of [() => lock.acquire(), () => lock.hold(), () => lock.release(), () => lock.acquire({ block: false })])
        await rejects(call(), ClosedError, /closed/);
      if (lock instanceof Semaphore) await rejects(lock.getValue(), ClosedError);
      await rejects(a.send(lock), ClosedError);
      const waiting = other.acquire({ timeout: 10_000 });
      await go.put(1);
      assert.equal(await waiting, true);
      assert.equal(other.abandoned, false);
      await child.join();
      for (const each of [other, a, b]) each.close();
    }
  },
};
