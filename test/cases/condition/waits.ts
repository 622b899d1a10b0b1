import assert from "node:assert/strict";
import { Barrier, ClosedError, Condition, Event, Lock, Pipe, ProcessError, Queue, RLock, SharedValue, StateError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, run, started } from "../../suite/help.ts";
import { onlyNative, timed } from "../../suite/sync.ts";
import { takeItems } from "../helpers/signals.ts";
import { tryOnce } from "../lock/helpers.ts";
import { notify, notifyOne, staysEmpty, waiter, waiters, waitUntil } from "./helpers.ts";

/** Acquires and releases the condition, and notifies no waiter. */
export async function notifyNone(cond: Condition): Promise<void> {
  await cond.acquire();
  await cond.notify(0);
  await cond.release();
}

export const cases: Cases = {
  "a wait without a notification gives false, not before its timeout, and holds the lock again (test_timeout)": async () => {
    for (const cond of [new Condition(), new Condition(new Lock())]) {
      await cond.acquire();
      assert.equal(await timed(150, 2000, () => cond.wait({ timeout: 150 })), false);
      assert.equal(await timed(0, 1000, () => cond.wait({ timeout: 0 })), false);
      assert.equal(await timed(0, 1000, () => cond.wait({ timeout: -1 })), false);
      await cond.release();
      await rejects(cond.release(), StateError);
      cond.close();
    }
  },
  "waitFor of a predicate that stays false gives false, not before the timeout, though notified (test_waitfor_timeout)": slow(async () => {
    const [cond, state, sleeping, asked] = [new Condition(), new SharedValue("i32", 0), new Queue(), new Queue()];
    const waiting = timed(400, 5000, () => waitUntil(cond, state, 4, asked, 400));
    const child = await started({ target: waiter, args: [cond, sleeping, new Queue(), 1] });
    await asked.get();
    for (let i = 0; i < 3; i++) await run({ target: notifyOne, args: [cond] });
    assert.equal(await waiting, false);
    await child.join();
    const held = await cond.hold();
    assert.equal(await timed(0, 500, () => cond.waitFor(() => "", { timeout: 0 })), "");
    assert.equal(await cond.waitFor(() => 7, { timeout: 0 }), 7);
    await assert.rejects(
      cond.waitFor(() => {
        throw new RangeError("asked");
      }),
      RangeError,
    );
    await held.release();
    for (const each of [cond, state]) each.close();
  }),
  "an abort ends a long wait, with the lock held, and leaves no waiter behind (test_wait_result)": async () => {
    for (const cond of [new Condition(), new Condition(new Lock())]) {
      const [sleeping, woken] = [new Queue(), new Queue()];
      const reason = new Error("enough");
      await cond.acquire();
      await assert.rejects(cond.wait({ signal: AbortSignal.abort(reason) }), reason);
      const abort = new AbortController();
      const waiting = cond.wait({ signal: abort.signal });
      const child = await started({ target: waiter, args: [cond, sleeping, woken] });
      // The child has the lock, so our wait has begun.
      await sleeping.get();
      abort.abort(reason);
      await assert.rejects(waiting, reason);
      // The lock is held, and the notification is the child's.
      await cond.notify();
      await cond.release();
      assert.equal(await woken.get({ timeout: 10_000 }), true);
      await child.join();
      await rejects(cond.release(), StateError);
      cond.close();
    }
  },
  "an abort ends a wait at any moment: while the wait begins, while its predicate runs": async () => {
    const reason = new Error("enough");
    for (const cond of [new Condition(), new Condition(new Lock())]) {
      await cond.acquire();
      for (const begin of [
        (signal: AbortSignal) => cond.wait({ signal }),
        (signal: AbortSignal) => cond.wait({ signal, timeout: 20_000 }),
        (signal: AbortSignal) => cond.waitFor(() => false, { signal }),
      ]) {
        const abort = new AbortController();
        const waiting = begin(abort.signal);
        abort.abort(reason);
        await assert.rejects(waiting, reason);
      }
      const abort = new AbortController();
      const asked = cond.waitFor(
        async () => {
          abort.abort(reason);
          return false;
        },
        { signal: abort.signal },
      );
      await assert.rejects(asked, reason);
      // The lock is held, and no process waits.
      await cond.notify();
      await cond.release();
      await rejects(cond.release(), StateError);
      cond.close();
    }
    const event = new Event();
    const barrier = new Barrier(2);
    for (const begin of [(signal: AbortSignal) => event.wait({ signal }), (signal: AbortSignal) => barrier.wait({ signal })]) {
      const abort = new AbortController();
      const waiting = begin(abort.signal);
      abort.abort(reason);
      await assert.rejects(waiting, reason);
    }
    assert.equal(await barrier.isBroken(), true);
    for (const each of [event, barrier]) each.close();
  },
  "a wait that is aborted after its notification passes the notification on": async () => {
    const [cond, sleeping, woken] = [new Condition(new Lock()), new Queue(), new Queue()];
    for (let i = 0; i < 10; i++) {
      const abort = new AbortController();
      await cond.acquire();
      const first = cond.wait({ signal: abort.signal }).then(
        (notified) => notified,
        () => "aborted",
      );
      const second = waiter(cond, sleeping, woken);
      await sleeping.get();
      await cond.acquire();
      await cond.notify();
      if (i % 2 === 0) abort.abort();
      await cond.release();
      if (i % 2 === 1) abort.abort();
      const outcome = await first;
      await cond.release();
      if (outcome === true) {
        await staysEmpty(woken);
        await notify(cond);
      }
      assert.equal(await woken.get({ timeout: 2000 }), true);
      await second;
    }
    cond.close();
  },
  "close ends pending waits and later calls; it closes a lock of its own, and leaves a given one open": slow(async () => {
    for (const lock of [undefined, new Lock(), new RLock()]) {
      const cond = new Condition(lock);
      await cond.acquire();
      const waiting = cond.wait();
      // A child gets the lock only once our wait has released it.
      await run({ target: notifyNone, args: [cond] });
      cond.close();
      cond.close();
      // The memory of a closed condition may be used again at once.
      const next = new Condition();
      await rejects(waiting, ClosedError, /closed/);
      next.close();
      for (const call of [() => cond.wait(), () => cond.notify(), () => cond.notifyAll()]) await rejects(call(), ClosedError, /closed/);
      if (lock === undefined) await rejects(cond.acquire(), ClosedError);
      else {
        // The wait has ended with an error, and holds the lock as after any other end.
        assert.equal(await run({ target: tryOnce, args: [lock] }), false);
        await lock.release();
        await rejects(lock.release(), StateError);
        lock.close();
      }
    }
    const [a] = Pipe();
    const cond = new Condition();
    cond[Symbol.dispose]();
    await rejects(a.send(cond), ClosedError);
    a.close();
  }),
  "tasks share a recursive hold: the wait of one releases it for both, and leaves no waiter behind": async () => {
    const [cond, sleeping, woken] = [new Condition(), new Queue(), new Queue()];
    await cond.acquire();
    await cond.acquire();
    const [first, second] = await Promise.allSettled([cond.wait({ timeout: 50 }), cond.wait({ timeout: 50 })]);
    assert.deepEqual(first, { status: "fulfilled", value: false });
    assert.ok(second?.status === "rejected" && second.reason instanceof StateError);
    await cond.release();
    await cond.release();
    await rejects(cond.release(), StateError);
    const child = await started({ target: waiter, args: [cond, sleeping, woken] });
    await sleeping.get();
    await notify(cond);
    assert.equal(await woken.get({ timeout: 5000 }), true);
    await child.join();
    cond.close();
  },
  "more waits than the condition has room for are an error that keeps the lock": async () => {
    onlyNative();
    const [cond, sleeping, woken] = [new Condition(new Lock()), new Queue(), new Queue()];
    const tasks = waiters(cond, sleeping, woken, 1024);
    await takeItems(sleeping, 1024);
    const held = await cond.hold();
    await rejects(cond.wait(), ProcessError, /1,024/);
    await cond.notifyAll();
    await held.release();
    assert.deepEqual(await takeItems(woken, 1024), Array(1024).fill(true));
    await tasks;
    cond.close();
  },
};
