import assert from "node:assert/strict";
import {
  BoundedSemaphore,
  ClosedError,
  getContext,
  Lock,
  Pipe,
  Process,
  Queue,
  RLock,
  Semaphore,
  SharedMemory,
  StateError,
  TimeoutError,
  UnsupportedError,
} from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isNative, rejects, run, started } from "../../suite/help.ts";
import { type AnyLock, expectFree, holdAndStay, releaseIt, tryOnce } from "./helpers.ts";

export async function useLockOfAnother(lock: RLock): Promise<string> {
  assert.equal(await lock.acquire({ block: false }), false);
  return (await rejects(lock.release(), StateError, /recursive/)).name;
}

export async function useNested(parts: { locks: [Lock, Map<string, RLock>]; semaphore: Semaphore }): Promise<boolean[]> {
  const [lock, map] = parts.locks;
  return Promise.all([tryOnce(lock), tryOnce(map.get("r") as RLock), tryOnce(parts.semaphore)]);
}

export async function receiveAndTry(q: Queue<AnyLock>, count: number): Promise<boolean[]> {
  const results: boolean[] = [];
  for (let i = 0; i < count; i++) results.push(await tryOnce(await q.get()));
  return results;
}

export async function grandchildReceives(q: Queue<AnyLock>, count: number): Promise<boolean[]> {
  const child = new Process({ target: receiveAndTry, args: [q, count] });
  await child.start();
  return child.result();
}

export async function takeBoth(first: Lock, q: Queue<Lock>): Promise<boolean[]> {
  const second = await q.get();
  await first.acquire();
  const results = [await second.acquire({ block: false })];
  await second.release();
  results.push(await first.acquire({ block: false }));
  await first.release();
  return results;
}

export async function makeLockAndGive(q: Queue<Lock>, go: Queue): Promise<void> {
  const lock = new Lock();
  await lock.acquire();
  await q.put(lock);
  await go.get();
  await lock.release();
  await go.get();
}

export function addSync(lock: Lock, memory: SharedMemory, times: number): void {
  const count = new Int32Array(memory.buf.buffer, 0, 1);
  for (let i = 0; i < times; i++) {
    const held = lock.holdSync();
    count[0] = (count[0] as number) + 1;
    held.release();
  }
}

export const cases: Cases = {
  "Lock: acquire gives a boolean, release gives nothing, and a second release is an error (test_lock)": slow(async () => {
    const lock = new Lock();
    assert.equal(await lock.acquire(), true);
    assert.equal(await lock.acquire({ block: false }), false);
    assert.equal(await lock.release(), undefined);
    await rejects(lock.release(), StateError, /not held/);
    assert.equal(await lock.acquire({ timeout: 1000 }), true);
    await lock.release();
    lock.close();
  }),
  "RLock: three acquires, three releases, a fourth is an error (test_rlock)": async () => {
    const lock = new RLock();
    for (let i = 0; i < 3; i++) assert.equal(await lock.acquire(), true);
    assert.equal(await run({ target: tryOnce, args: [lock] }), false);
    for (let i = 0; i < 3; i++) assert.equal(await lock.release(), undefined);
    await rejects(lock.release(), StateError, /recursive/);
    await expectFree(lock);
    lock.close();
  },
  "RLock: tasks of one process share the hold; another process neither takes nor releases it": async () => {
    const lock = new RLock();
    await rejects(lock.release(), StateError);
    await Promise.all([lock.acquire(), lock.acquire({ block: false })]);
    assert.equal(await run({ target: useLockOfAnother, args: [lock] }), "StateError");
    await Promise.all([lock.release(), lock.release()]);
    await expectFree(lock);
    lock.close();
  },
  "hold: a guard that releases at the end of its block, once (test_lock_context)": slow(async () => {
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
  }),
  "any process may release a held Lock": async () => {
    const lock = new Lock();
    await lock.acquire();
    await run({ target: releaseIt, args: [lock] });
    assert.equal(await lock.acquire({ timeout: 1000 }), true);
    assert.equal(lock.abandoned, false);
    lock.close();
  },
  "locks travel: as arguments, nested, through queues and pipes, to a grandchild": slow(async () => {
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
      await expectFree(each);
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
  }),
  "a lock that arrives twice is one lock": async () => {
    const [lock, q] = [new Lock(), new Queue<Lock>()];
    await q.put(lock);
    assert.deepEqual(await run({ target: takeBoth, args: [lock, q] }), [false, true]);
    await expectFree(lock);
    lock.close();
  },
  "a child makes a lock, holds it and gives it away": async () => {
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
      await expectFree(lock);
    } else await rejects(lock.release(), Error, /gone/);
    lock.close();
  },
  "the synchronous calls block on the native backend, and the portable one refuses them": async () => {
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
};
