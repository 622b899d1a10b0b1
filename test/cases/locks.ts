import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import {
  BoundedSemaphore,
  ClosedError,
  CorruptedError,
  getContext,
  Lock,
  Pipe,
  Process,
  Queue,
  RLock,
  Semaphore,
  SharedMemory,
  SharedValue,
  StateError,
  TimeoutError,
  UnsupportedError,
} from "../../mod.ts";
import type { Cases } from "../suite/case.ts";
import { isNative, rejects, run, started } from "../suite/help.ts";
import { scribble, survives, withFile, writeWord } from "../suite/memory-file.ts";
import { goOn, killed, onlyNative, stay, stopped, timed } from "../suite/sync.ts";

type AnyLock = Lock | RLock | Semaphore;

export async function holdAndStay(lock: AnyLock, ready: Queue): Promise<void> {
  await lock.acquire();
  await ready.put("held");
  await stay();
}

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

export async function holdThenRelease(lock: AnyLock, ready: Queue, go: Queue): Promise<void> {
  await lock.acquire();
  await ready.put("held");
  await go.get();
  await lock.release();
}

export async function waitForIt(lock: AnyLock, ready: Queue): Promise<boolean> {
  await ready.put("waiting");
  await lock.acquire();
  const { abandoned } = lock;
  await lock.release();
  return abandoned;
}

export async function tryOnce(lock: AnyLock): Promise<boolean> {
  const had = await lock.acquire({ block: false });
  if (had) await lock.release();
  return had;
}

/** Two tasks that wait for it at once; whether a third acquire succeeds after them. */
export async function acquireTwiceAtOnce(lock: RLock, ready: Queue): Promise<boolean[]> {
  const both = [1, 2].map(() => lock.acquire({ timeout: 10_000 }));
  await ready.put("waiting");
  const answers = [...(await Promise.all(both)), await lock.acquire({ block: false })];
  for (const _ of answers) await lock.release();
  return answers;
}

export async function releaseIt(lock: AnyLock): Promise<void> {
  await lock.release();
}

export async function useStrangersLock(lock: RLock): Promise<string> {
  assert.equal(await lock.acquire({ block: false }), false);
  return (await rejects(lock.release(), StateError, /recursive/)).name;
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

/** Acquires that are aborted about when the lock is released; gives how many went either way. */
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

export async function useNested(parts: { locks: [Lock, Map<string, RLock>]; semaphore: Semaphore }): Promise<boolean[]> {
  const [lock, map] = parts.locks;
  return Promise.all([tryOnce(lock), tryOnce(map.get("r") as RLock), tryOnce(parts.semaphore)]);
}

export async function receiveAndTry(q: Queue<AnyLock>, count: number): Promise<boolean[]> {
  const answers: boolean[] = [];
  for (let i = 0; i < count; i++) answers.push(await tryOnce(await q.get()));
  return answers;
}

export async function grandchildReceives(q: Queue<AnyLock>, count: number): Promise<boolean[]> {
  const child = new Process({ target: receiveAndTry, args: [q, count] });
  await child.start();
  return child.result();
}

export async function takeBoth(first: Lock, q: Queue<Lock>): Promise<boolean[]> {
  const second = await q.get();
  await first.acquire();
  const answers = [await second.acquire({ block: false })];
  await second.release();
  answers.push(await first.acquire({ block: false }));
  await first.release();
  return answers;
}

export async function makeLockAndGive(q: Queue<Lock>, go: Queue): Promise<void> {
  const lock = new Lock();
  await lock.acquire();
  await q.put(lock);
  await go.get();
  await lock.release();
  await go.get();
}

export async function takePermits(semaphore: Semaphore, count: number, ready: Queue): Promise<void> {
  for (let i = 0; i < count; i++) await semaphore.acquire();
  await ready.put("taken");
  await stay();
}

export async function hammer(semaphore: Semaphore, ready: Queue): Promise<void> {
  await ready.put("hammering");
  for (;;) {
    semaphore.acquireSync();
    semaphore.releaseSync();
  }
}

export function addSync(lock: Lock, memory: SharedMemory, times: number): void {
  const count = new Int32Array(memory.buf.buffer, 0, 1);
  for (let i = 0; i < times; i++) {
    const held = lock.holdSync();
    count[0] = (count[0] as number) + 1;
    held.release();
  }
}

/** Nobody holds it, nor is it promised to a waiter that is gone. */
async function isFree(lock: AnyLock): Promise<void> {
  assert.equal(await lock.acquire({ timeout: 1000 }), true);
  assert.equal(lock.abandoned, false);
  await lock.release();
  if (lock instanceof RLock) await rejects(lock.release(), StateError);
}

export const cases: Cases = {
  "an RLock goes to all tasks of a process that wait for it at once": async () => {
    const lock = new RLock();
    const ready = new Queue();
    await lock.acquire();
    const child = await started({ target: acquireTwiceAtOnce, args: [lock, ready] });
    await ready.get();
    await delay(50);
    await lock.release();
    assert.deepEqual(await child.result({ timeout: 20_000 }), [true, true, true]);
    assert.equal(await lock.acquire({ timeout: 5000 }), true);
    await lock.release();
    await child.join();
    lock.close();
    ready.close();
  },
  "Lock: a boolean from acquire, nothing from release, once too often (test_lock)": async () => {
    const lock = new Lock();
    assert.equal(await lock.acquire(), true);
    assert.equal(await lock.acquire({ block: false }), false);
    assert.equal(await lock.release(), undefined);
    await rejects(lock.release(), StateError, /not held/);
    assert.equal(await lock.acquire({ timeout: 1000 }), true);
    await lock.release();
    lock.close();
  },
  "RLock: three acquires, three releases, a fourth is an error (test_rlock)": async () => {
    const lock = new RLock();
    for (let i = 0; i < 3; i++) assert.equal(await lock.acquire(), true);
    assert.equal(await run({ target: tryOnce, args: [lock] }), false);
    for (let i = 0; i < 3; i++) assert.equal(await lock.release(), undefined);
    await rejects(lock.release(), StateError, /recursive/);
    await isFree(lock);
    lock.close();
  },
  "RLock: tasks of one process share the hold; a stranger neither takes nor releases it": async () => {
    const lock = new RLock();
    await rejects(lock.release(), StateError);
    await Promise.all([lock.acquire(), lock.acquire({ block: false })]);
    assert.equal(await run({ target: useStrangersLock, args: [lock] }), "StateError");
    await Promise.all([lock.release(), lock.release()]);
    await isFree(lock);
    lock.close();
  },
  "hold: a guard that releases at its end, once (test_lock_context)": async () => {
    for (const lock of [new Lock(), new RLock(), new Semaphore(1), new BoundedSemaphore(1)]) {
      const held = await lock.hold();
      assert.equal(held.abandoned, false);
      assert.equal(await run({ target: tryOnce, args: [lock] }), false);
      await held[Symbol.asyncDispose]();
      await held[Symbol.asyncDispose]();
      await held.release();
      assert.equal(await lock.acquire({ block: false }), true, "released");
      await lock.release();
      lock[Symbol.dispose]();
      await rejects(lock.acquire(), ClosedError);
    }
    const lock = new Lock();
    await lock.acquire();
    await rejects(lock.hold({ block: false }), TimeoutError);
    await rejects(lock.hold({ timeout: 30 }), TimeoutError);
    lock.close();
  },
  "anybody may release a held Lock": async () => {
    const lock = new Lock();
    await lock.acquire();
    await run({ target: releaseIt, args: [lock] });
    assert.equal(await lock.acquire({ timeout: 1000 }), true);
    assert.equal(lock.abandoned, false);
    lock.close();
  },
  "a process's normal end with a lock in its hands abandons it; so does close": async () => {
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
  },
  "timeouts: in every style, not before, and the lock is free for the next": async () => {
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
    await isFree(lock);
    lock.close();
  },
  "an abort leaves no held lock and no waiter": async () => {
    for (const lock of [new Lock(), new RLock(), new Semaphore(1)]) {
      const [ready, go] = [new Queue(), new Queue()];
      const reason = new Error("enough");
      await assert.rejects(lock.acquire({ signal: AbortSignal.abort(reason) }), reason);
      const child = await started({ target: holdThenRelease, args: [lock, ready, go] });
      await ready.get();
      const abort = new AbortController();
      const waits = [lock.acquire({ signal: abort.signal }), lock.hold({ signal: abort.signal })];
      await delay(20);
      abort.abort(reason);
      for (const wait of waits) await assert.rejects(wait, reason);
      await go.put(1);
      await child.join();
      await isFree(lock);
      lock.close();
    }
  },
  "aborts at the moment of a release: held or not, never in between": async () => {
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
      await isFree(lock);
      lock.close();
    }
  },
  "waits of processes and tasks get the lock one after another": async () => {
    for (const lock of [new Lock(), new Semaphore(1)]) {
      const value = new SharedValue("i32", 0);
      const children = await Promise.all([0, 1].map(() => started({ target: addUnderLock, args: [lock, value, 100] })));
      await Promise.all([addUnderLock(lock, value, 100), addUnderLock(lock, value, 100)]);
      for (const child of children) assert.equal(await child.join(), 0);
      assert.equal(await value.get(), 400);
      lock.close();
      value.close();
    }
  },
  "a killed holder: the next one gets it within 1 s and is told once": async () => {
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
      // One of both came first.
      assert.deepEqual([here, there].sort(), permits ? [false, false] : [false, true]);
      await other.join();
      const next = await lock.hold();
      assert.equal(next.abandoned, false, "told once");
      await next.release();
      await isFree(lock);
      lock.close();
    }
  },
  "a holder that died before anybody waits: a look gets the lock, and is told": async () => {
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
  },
  "a killed waiter blocks nobody, and gets nothing": async () => {
    for (const lock of [new Lock(), new Semaphore({ value: 1, robust: true })]) {
      const [ready, go] = [new Queue(), new Queue()];
      const child = await started({ target: holdThenRelease, args: [lock, ready, go] });
      await ready.get();
      const waiter = await started({ target: waitForIt, args: [lock, ready] });
      await ready.get();
      await delay(100);
      const waiting = lock.hold({ timeout: 10_000 });
      waiter.kill();
      await go.put(1);
      const held = await timed(0, 1000, () => waiting);
      await held.release();
      await waiter.join();
      await child.join();
      await isFree(lock);
      lock.close();
    }
  },
  "a stopped waiter holds nobody up for long": async () => {
    const [lock, ready] = [new Lock(), new Queue()];
    await lock.acquire();
    const waiter = await started({ target: waitForIt, args: [lock, ready] });
    await ready.get();
    await delay(100);
    await stopped(waiter);
    await lock.release();
    // It may have been handed the lock: then only its end, or its going on, frees it.
    const waiting = lock.acquire({ timeout: 10_000 });
    await delay(200);
    goOn(waiter);
    assert.equal(await waiting, true);
    await lock.release();
    assert.equal(await waiter.join({ timeout: 10_000 }), 0);
    assert.equal(await waiter.result(), false);
    lock.close();
  },
  "a stopped holder keeps the lock: waits honour their timeouts, nobody is declared dead": async () => {
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
  },
  "locks travel: as arguments, nested, through queues and pipes, to a grandchild": async () => {
    const [lock, rlock, semaphore] = [new Lock(), new RLock(), new Semaphore(1)];
    const parts = { locks: [lock, new Map([["r", rlock]])] as [Lock, Map<string, RLock>], semaphore };
    assert.deepEqual(await run({ target: useNested, args: [parts] }), [true, true, true]);
    for (const each of [lock, rlock, semaphore]) await each.acquire();
    assert.deepEqual(await run({ target: useNested, args: [parts] }), [false, false, false]);
    const q = new Queue<AnyLock>();
    for (const target of [receiveAndTry, grandchildReceives]) {
      for (const each of [lock, rlock, semaphore]) await q.put(each);
      assert.deepEqual(await run({ target, args: [q, 3] }), [false, false, false]);
    }
    for (const each of [lock, rlock, semaphore]) {
      const [a, b] = Pipe<AnyLock>();
      await a.send(each);
      const again = await b.recv();
      assert.equal(again.constructor, each.constructor);
      await again.release();
      again.close();
      await isFree(each);
      a.close();
      b.close();
      each.close();
    }
    const bounded = new BoundedSemaphore(2);
    const [a, b] = Pipe<BoundedSemaphore>();
    await a.send(bounded);
    const twin = await b.recv();
    assert.ok(twin instanceof BoundedSemaphore);
    await rejects(twin.release(), StateError);
    for (const each of [bounded, twin, a, b]) each.close();
  },
  "a lock that came twice is one lock": async () => {
    const [lock, q] = [new Lock(), new Queue<Lock>()];
    await q.put(lock);
    assert.deepEqual(await run({ target: takeBoth, args: [lock, q] }), [false, true]);
    await isFree(lock);
    lock.close();
  },
  "a lock made and held by a child": async () => {
    const [q, go] = [new Queue<Lock>(), new Queue()];
    const child = await started({ target: makeLockAndGive, args: [q, go] });
    const lock = await q.get();
    assert.equal(await lock.acquire({ block: false }), false);
    const waiting = lock.acquire({ timeout: 10_000 });
    await go.put(1);
    assert.equal(await waiting, true);
    assert.equal(lock.abandoned, false);
    await go.put(1);
    await child.join();
    if (isNative) {
      await lock.release();
      await isFree(lock);
    } else await rejects(lock.release(), Error, /gone/);
    lock.close();
  },
  "close ends pending calls, and later ones; the others go on": async () => {
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
  "sync twins: they block on the native backend, and are refused on the portable one": async () => {
    const portable = getContext("spawn", { backend: "portable" });
    for (const lock of [new portable.Lock(), new portable.RLock(), new portable.Semaphore(1)]) {
      assert.throws(() => lock.acquireSync(), UnsupportedError);
      assert.throws(() => lock.holdSync(), UnsupportedError);
      assert.throws(() => lock.releaseSync(), UnsupportedError);
      assert.equal(await lock.acquire({ block: false }), true);
      lock.close();
      assert.throws(() => lock.acquireSync(), ClosedError);
    }
    if (!isNative) return;
    for (const lock of [new Lock(), new RLock(), new Semaphore(1)]) {
      assert.equal(lock.acquireSync(), true);
      if (lock instanceof RLock) assert.equal(lock.acquireSync(), true);
      else {
        assert.equal(lock.acquireSync({ block: false }), false);
        const start = performance.now();
        assert.equal(lock.acquireSync({ timeout: 130 }), false);
        assert.ok(performance.now() - start >= 129);
        assert.throws(() => lock.holdSync({ timeout: 10 }), TimeoutError);
        assert.throws(() => lock.acquireSync({ signal: AbortSignal.abort(new Error("enough")) }), /enough/);
      }
      lock.releaseSync();
      if (lock instanceof RLock) lock.releaseSync();
      if (!(lock instanceof Semaphore)) assert.throws(() => lock.releaseSync(), StateError);
      const held = lock.holdSync();
      held[Symbol.dispose]();
      held.release();
      assert.equal(await lock.acquire({ block: false }), true);
      lock.close();
    }
    const [lock, memory] = [new Lock(), new SharedMemory({ create: true, size: 4 })];
    const children = await Promise.all([0, 1].map(() => started({ target: addSync, args: [lock, memory, 2000] })));
    addSync(lock, memory, 2000);
    for (const child of children) assert.equal(await child.join(), 0);
    assert.equal(new Int32Array(memory.buf.buffer, 0, 1)[0], 6000);
    const ready = new Queue();
    const child = await started({ target: holdAndStay, args: [lock, ready] });
    await ready.get();
    child.kill();
    const start = performance.now();
    assert.equal(lock.acquireSync({ timeout: 10_000 }), true);
    assert.ok(performance.now() - start < 1000);
    assert.equal(lock.abandoned, true);
    await child.join();
    lock.close();
    memory.close();
  },
  "Semaphore: values, a refusal at 0, releases above the first value (test_semaphore)": async () => {
    for (const semaphore of [new Semaphore(2), new Semaphore({ value: 2 })]) {
      assert.equal(await semaphore.getValue(), 2);
      assert.equal(await semaphore.acquire(), true);
      assert.equal(await semaphore.getValue(), 1);
      assert.equal(await semaphore.acquire(), true);
      assert.equal(await semaphore.getValue(), 0);
      assert.equal(await semaphore.acquire({ block: false }), false);
      for (let i = 1; i <= 4; i++) {
        assert.equal(await semaphore.release(), undefined);
        assert.equal(await semaphore.getValue(), i);
      }
      semaphore.close();
    }
    const one = new Semaphore();
    assert.equal(await one.getValue(), 1);
    one.close();
  },
  "BoundedSemaphore: the same walk, and never above its first value (test_bounded_semaphore)": async () => {
    const semaphore = new BoundedSemaphore(2);
    await rejects(semaphore.release(), StateError, /as many permits/);
    assert.equal(await semaphore.acquire(), true);
    assert.equal(await semaphore.acquire(), true);
    assert.equal(await semaphore.getValue(), 0);
    assert.equal(await semaphore.acquire({ block: false }), false);
    await semaphore.release();
    await run({ target: releaseIt, args: [semaphore] });
    assert.equal(await semaphore.getValue(), 2);
    await rejects(semaphore.release(), StateError);
    assert.equal(await semaphore.getValue(), 2);
    semaphore.close();
    const none = new BoundedSemaphore(0);
    assert.equal(await none.acquire({ block: false }), false);
    await rejects(none.release(), StateError);
    none.close();
  },
  "Semaphore: timeouts at 0 (test_timeout)": async () => {
    const semaphore = new Semaphore(0);
    for (const look of [
      { block: false },
      { block: false, timeout: undefined },
      { block: false, timeout: 100_000 },
      { timeout: 0 },
      { timeout: -7 },
    ])
      assert.equal(await timed(0, 500, () => semaphore.acquire(look)), false);
    assert.equal(await timed(150, 2000, () => semaphore.acquire({ block: true, timeout: 150 })), false);
    assert.equal(await timed(150, 2000, () => semaphore.acquire({ timeout: 150 })), false);
    semaphore.close();
  },
  "Semaphore: several released at once wake as many": async () => {
    const semaphore = new Semaphore(0);
    const waits = [0, 1, 2, 3, 4].map(() => semaphore.acquire({ timeout: 5000 }));
    await delay(20);
    await Promise.all([semaphore.release(), semaphore.release(), semaphore.release(), semaphore.release()]);
    await delay(100);
    assert.equal(await semaphore.getValue(), 0);
    await semaphore.release();
    assert.deepEqual(await Promise.all(waits), [true, true, true, true, true]);
    semaphore.close();
  },
  "permits of a dead process come back if the semaphore is robust, and not otherwise": async () => {
    for (const robust of [true, false]) {
      for (const Class of [Semaphore, BoundedSemaphore]) {
        const [semaphore, ready] = [new Class({ value: 3, robust }), new Queue()];
        const child = await started({ target: takePermits, args: [semaphore, 2, ready] });
        await ready.get();
        await semaphore.acquire();
        assert.equal(await semaphore.getValue(), 0);
        if (robust) {
          assert.equal(await killed(child, semaphore.acquire({ timeout: 10_000 })), true);
          assert.equal(await semaphore.getValue(), 1);
          assert.equal(await semaphore.acquire({ block: false }), true);
          assert.equal(await semaphore.acquire({ block: false }), false);
          for (let i = 0; i < 3; i++) await semaphore.release();
        } else {
          child.kill();
          await child.join();
          assert.equal(await semaphore.acquire({ timeout: 700 }), false);
          assert.equal(await semaphore.getValue(), 0);
          // As in Python, somebody else may give them back.
          for (let i = 0; i < 3; i++) await semaphore.release();
        }
        assert.equal(await semaphore.getValue(), 3);
        if (Class === BoundedSemaphore) await rejects(semaphore.release(), StateError);
        semaphore.close();
      }
    }
  },
  "a dead process whose permits somebody else gave back leaves none": async () => {
    const [semaphore, ready] = [new Semaphore({ value: 2, robust: true }), new Queue()];
    const child = await started({ target: takePermits, args: [semaphore, 2, ready] });
    await ready.get();
    await semaphore.release();
    assert.equal(await semaphore.getValue(), 1);
    child.kill();
    await child.join();
    assert.equal(await semaphore.acquire({ timeout: 2000 }), true);
    assert.equal(await semaphore.acquire({ timeout: 2000 }), true);
    assert.equal(await semaphore.acquire({ timeout: 300 }), false);
    assert.equal(await semaphore.getValue(), 0);
    semaphore.close();
  },
  "bad options": async () => {
    for (const value of ["1", null, {}, 5n, true]) {
      assert.throws(() => new Semaphore({ value: value as number }), TypeError);
      if (typeof value !== "object") assert.throws(() => new Semaphore(value as number), TypeError);
    }
    assert.throws(() => new Semaphore(null as never), TypeError);
    for (const value of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) assert.throws(() => new Semaphore(value), RangeError);
    assert.throws(() => new Semaphore({ robust: 1 as never }), TypeError);
    const lock = new Lock();
    await lock.acquire();
    for (const timeout of [Number.NaN, "1", {}, null]) await rejects(lock.acquire({ timeout: timeout as number }), TypeError, /timeout/);
    await rejects(lock.acquire({ signal: {} as AbortSignal }), TypeError, /signal/);
    await rejects(lock.acquire({ block: 1 as never }), TypeError, /block/);
    await rejects(lock.acquire(true as never), TypeError);
    await lock.release();
    lock.close();
    const full = new Semaphore(2 ** 31 - 1);
    await rejects(full.release(), StateError);
    full.close();
  },
  "a process that stands still in the middle of a call on a semaphore spoils nothing": async () => {
    onlyNative();
    const [semaphore, ready] = [new Semaphore(3), new Queue()];
    const child = await started({ target: hammer, args: [semaphore, ready] });
    await ready.get();
    for (let i = 0; i < 30; i++) {
      await stopped(child);
      const start = performance.now();
      if (await semaphore.acquire({ timeout: 50 })) await semaphore.release();
      await semaphore.getValue();
      assert.ok(performance.now() - start < 12_000);
      goOn(child);
      await delay(i % 5);
    }
    child.terminate();
    await child.join();
    // What it had when it ended is gone with it, one at most.
    assert.ok((await semaphore.getValue()) >= 2);
    semaphore.close();
  },
  "a lock word that makes no sense is a CorruptedError, or somebody's who is dead": async () => {
    onlyNative();
    // Where the word is: after the header's first cache line.
    const WORD = 64;
    for (const word of [0xffffffff, 0x3ff, 0x7fffffff, 0x12345678, 0x80000000, 5, 1024]) {
      const { object: lock, file } = withFile(() => new Lock());
      writeWord(file, WORD, word);
      await survives([() => lock.acquire({ block: false }), () => lock.acquire({ timeout: 150 }), () => lock.release()]);
      lock.close();
    }
    const { object: lock, file } = withFile(() => new Lock());
    // Owners have indexes below 1,024.
    writeWord(file, WORD, 0x7fffffff);
    await rejects(lock.acquire({ timeout: 1000 }), CorruptedError);
    assert.throws(() => lock.acquireSync({ timeout: 1000 }), CorruptedError);
    lock.close();
  },
  "random words in a lock or a semaphore: an error or an answer, no crash, no endless loop": async () => {
    onlyNative();
    for (let seed = 1; seed <= 12; seed++) {
      const { object: lock, file } = withFile(() => (seed % 2 === 0 ? new Lock() : new RLock()));
      if (seed % 3 === 0) await lock.acquire();
      scribble(file, seed);
      await survives([
        () => lock.acquire({ timeout: 50 }),
        () => lock.acquire({ block: false }),
        async () => lock.acquireSync({ timeout: 50 }),
        () => lock.release(),
        () => lock.release(),
      ]);
      lock.close();
      const { object: semaphore, file: other } = withFile(() => new Semaphore({ value: 3, robust: seed % 2 === 0 }));
      await semaphore.acquire();
      scribble(other, seed);
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
