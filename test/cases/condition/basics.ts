import assert from "node:assert/strict";
import { Condition, getContext, Lock, Pipe, Process, Queue, RLock, SharedValue, StateError, UnsupportedError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isNative, rejects, run, started } from "../../suite/help.ts";
import { fallenAsleep, takeItems } from "../helpers/signals.ts";
import { notify, notifyAll, notifyOne, staysEmpty, waiter, waiters, waitUntil } from "./helpers.ts";

export async function misuse(cond: Condition): Promise<string[]> {
  return [
    (await rejects(cond.wait(), StateError, /acquire/)).name,
    (await rejects(cond.notify(), StateError, /acquire/)).name,
    (await rejects(cond.notifyAll(), StateError, /acquire/)).name,
  ];
}

/** Says that it is about to acquire the lock, then waits as `waiter` does, for no time. */
export async function sayAndWait(cond: Condition, there: Queue, sleeping: Queue, woken: Queue): Promise<void> {
  await there.put("there");
  await waiter(cond, sleeping, woken, 0);
}

export async function useBoth(parts: { lock: Lock; cond: Condition }, q: Queue<Condition>): Promise<void> {
  const third = await q.get();
  await parts.lock.acquire();
  assert.equal(await third.acquire({ block: false }), false);
  await parts.cond.notify();
  await third.release();
}

export async function closeCondition({ lock, cond }: { lock: Lock; cond: Condition }): Promise<boolean> {
  cond.close();
  return lock.acquire({ timeout: 5000 });
}

export async function takeAndEnd(cond: Condition): Promise<void> {
  await cond.acquire();
}

export async function grandchildNotifies(cond: Condition): Promise<void> {
  const child = new Process({ target: notifyOne, args: [cond] });
  await child.start();
  assert.equal(await child.join(), 0);
}

export function waitBlocking(cond: Condition, sleeping: Queue): boolean {
  cond.acquireSync();
  sleeping.putSync("sleeping");
  const notified = cond.waitSync({ timeout: 10_000 });
  cond.releaseSync();
  return notified;
}

export const cases: Cases = {
  "a condition that was received closes the lock with it only if the condition had made that lock": async () => {
    const lock = new Lock();
    const child = await started({ target: closeCondition, args: [{ lock, cond: new Condition(lock) }] });
    assert.equal(await child.result(), true);
    await child.join();
  },
  "abandoned is told once, also after a wait()": async () => {
    const cond = new Condition();
    await run({ target: takeAndEnd, args: [cond] });
    await cond.acquire();
    assert.equal(cond.abandoned, true);
    assert.equal(await cond.wait({ timeout: 1 }), false);
    await cond.release();
    await cond.acquire();
    assert.equal(cond.abandoned, false);
    await cond.release();
    cond.close();
  },
  "each notify wakes exactly one of a process and a task (test_notify)": slow(async () => {
    const [cond, sleeping, woken] = [new Condition(new Lock()), new Queue(), new Queue()];
    const child = await started({ target: waiter, args: [cond, sleeping, woken] });
    const task = waiter(cond, sleeping, woken);
    await takeItems(sleeping, 2);
    await staysEmpty(woken);
    for (let i = 0; i < 2; i++) {
      await notify(cond);
      assert.equal(await woken.get({ timeout: 10_000 }), true);
      await staysEmpty(woken);
    }
    await task;
    assert.equal(await child.join(), 0);
    await notify(cond);
    cond.close();
  }),
  "six waits time out and leave nothing; then six wake on one notifyAll (test_notify_all)": slow(async () => {
    const [cond, sleeping, woken] = [new Condition(new Lock()), new Queue(), new Queue()];
    for (const timeout of [150, undefined]) {
      const child = await started({ target: waiters, args: [cond, sleeping, woken, 3, timeout] });
      const tasks = waiters(cond, sleeping, woken, 3, timeout);
      await takeItems(sleeping, 6);
      if (timeout === undefined) {
        await staysEmpty(woken);
        await notifyAll(cond);
      }
      assert.deepEqual(await takeItems(woken, 6), Array(6).fill(timeout === undefined));
      await tasks;
      assert.equal(await child.join(), 0);
    }
    cond.close();
  }),
  "notify(2) wakes two, notify(4) the rest, notify(3) nobody (test_notify_n)": async () => {
    const [cond, sleeping, woken] = [new Condition(new Lock()), new Queue(), new Queue()];
    const child = await started({ target: waiters, args: [cond, sleeping, woken, 3] });
    const tasks = waiters(cond, sleeping, woken, 3);
    await takeItems(sleeping, 6);
    await notify(cond, 0);
    await staysEmpty(woken);
    await notify(cond, 2);
    assert.deepEqual(await takeItems(woken, 2), [true, true]);
    await staysEmpty(woken);
    await notify(cond, 4);
    assert.deepEqual(await takeItems(woken, 4), [true, true, true, true]);
    await notify(cond, 3);
    await staysEmpty(woken);
    await tasks;
    assert.equal(await child.join(), 0);
    const held = await cond.hold();
    assert.equal(await cond.wait({ timeout: 50 }), false, "a notification without waiters is not kept");
    await held.release();
    cond.close();
  },
  "waitFor gives the predicate's result across processes (test_waitfor)": async () => {
    const [cond, state, asked] = [new Condition(), new SharedValue("i32", 0), new Queue()];
    const child = await started({ target: waitUntil, args: [cond, state, 0, asked] });
    assert.equal(await child.result(), true);
    const waiting = await started({ target: waitUntil, args: [cond, state, 4, asked] });
    for (let i = 0; i < 4; i++) {
      await asked.get({ timeout: 10_000 });
      assert.equal(waiting.isAlive(), true);
      const held = await cond.hold();
      await state.add(1);
      await cond.notify();
      await held.release();
    }
    assert.equal(await waiting.result(), true);
    await child.join();
    await waiting.join();
    for (const each of [cond, state]) each.close();
  },
  "a notification goes to the waiter that has waited longest": async () => {
    const [cond, sleeping, order] = [new Condition(new Lock()), new Queue(), new Queue<number>()];
    const one = async (i: number): Promise<void> => {
      await cond.acquire();
      await sleeping.put(i);
      await cond.wait();
      await order.put(i);
      await cond.release();
    };
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < 5; i++) {
      tasks.push(one(i));
      await sleeping.get();
    }
    for (let i = 0; i < 5; i++) {
      await notify(cond);
      assert.equal(await order.get({ timeout: 5000 }), i);
    }
    await Promise.all(tasks);
    cond.close();
  },
  "a wait releases a recursive hold as a whole, and takes it back as deep": async () => {
    const [cond, sleeping, woken] = [new Condition(), new Queue(), new Queue()];
    await cond.acquire();
    await cond.acquire();
    const waiting = cond.wait({ timeout: 10_000 });
    await run({ target: notifyOne, args: [cond] });
    assert.equal(await waiting, true);
    await cond.release();
    const there = new Queue();
    const child = await started({ target: sayAndWait, args: [cond, there, sleeping, woken] });
    await there.get();
    await fallenAsleep(child);
    assert.equal(await sleeping.empty(), true, "the lock is held still");
    await cond.release();
    await sleeping.get();
    await rejects(cond.release(), StateError);
    await child.join();
    cond.close();
  },
  "wait and notify without the lock are StateErrors, also while another process holds it": slow(async () => {
    for (const cond of [new Condition(), new Condition(new Lock()), new Condition(new RLock())]) {
      assert.deepEqual(await misuse(cond), ["StateError", "StateError", "StateError"]);
      await cond.acquire();
      assert.deepEqual(await run({ target: misuse, args: [cond] }), ["StateError", "StateError", "StateError"]);
      await cond.release();
      if (isNative) {
        assert.throws(() => cond.waitSync(), StateError);
        assert.throws(() => cond.notifySync(), StateError);
      }
      await rejects(cond.release(), StateError);
      cond.close();
    }
  }),
  "a condition and its lock travel, apart and together": slow(async () => {
    const lock = new Lock();
    const [cond, q] = [new Condition(lock), new Queue<Condition>()];
    await lock.acquire();
    const waiting = cond.wait({ timeout: 10_000 });
    await q.put(cond);
    await run({ target: useBoth, args: [{ lock, cond }, q] });
    assert.equal(await waiting, true);
    assert.equal(await lock.acquire({ block: false }), false);
    const again = cond.wait({ timeout: 10_000 });
    await run({ target: grandchildNotifies, args: [cond] });
    assert.equal(await again, true);
    const [a, b] = Pipe<Condition>();
    await a.send(cond);
    const twin = await b.recv();
    assert.ok(twin instanceof Condition);
    await twin.release();
    await twin.acquire();
    await rejects(new Condition().notify(), StateError);
    await cond.notify();
    await cond.release();
    for (const each of [twin, cond, lock, a, b]) each.close();
  }),
  "notify(100) wakes 100 of 300 waiters, and notifyAll the rest": async () => {
    const [cond, sleeping, woken] = [new Condition(new Lock()), new Queue(), new Queue()];
    const tasks = waiters(cond, sleeping, woken, 300);
    await takeItems(sleeping, 300);
    await notify(cond, 100);
    assert.deepEqual(await takeItems(woken, 100), Array(100).fill(true));
    await staysEmpty(woken);
    await notifyAll(cond);
    assert.deepEqual(await takeItems(woken, 200), Array(200).fill(true));
    await tasks;
    cond.close();
  },
  "the synchronous calls block on the native backend, and the portable one refuses them": async () => {
    const portable = getContext("spawn", { backend: "portable" });
    const refused = new portable.Condition();
    await refused.acquire();
    assert.throws(() => refused.acquireSync(), UnsupportedError);
    assert.throws(() => refused.releaseSync(), UnsupportedError);
    assert.throws(() => refused.waitSync(), UnsupportedError);
    assert.throws(() => refused.notifySync(), UnsupportedError);
    await refused.release();
    refused.close();
    if (!isNative) return;
    const [cond, sleeping] = [new Condition(), new Queue()];
    assert.equal(cond.acquireSync(), true);
    const start = performance.now();
    assert.equal(cond.waitSync({ timeout: 120 }), false);
    assert.ok(performance.now() - start >= 119);
    assert.throws(() => cond.waitSync({ signal: AbortSignal.abort(new Error("enough")) }), /enough/);
    cond.releaseSync();
    assert.throws(() => cond.releaseSync(), StateError);
    const child = await started({ target: waitBlocking, args: [cond, sleeping] });
    await sleeping.get();
    cond.acquireSync();
    cond.notifySync();
    cond.releaseSync();
    assert.equal(await child.result(), true);
    await child.join();
    cond.close();
  },
};
