import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import {
  Barrier,
  ClosedError,
  Condition,
  type Connection,
  Event,
  getContext,
  Lock,
  Pipe,
  Process,
  ProcessError,
  Queue,
  RLock,
  Semaphore,
  SharedValue,
  SimpleQueue,
  StateError,
  UnsupportedError,
  wait,
  waitSync,
} from "../../mod.ts";
import type { Cases } from "../suite/case.ts";
import { isNative, rejects, run, started } from "../suite/help.ts";
import { collectGarbage } from "../suite/leaks.ts";
import { scribble, survives, withFile } from "../suite/memory-file.ts";
import { goOn, killed, onlyNative, stay, stopped, timed } from "../suite/sync.ts";

/** Waits, and says so while it still holds the lock: who gets the lock next knows that it waits. */
export async function waiter(cond: Condition, sleeping: Queue, woken: Queue, timeout?: number): Promise<void> {
  await cond.acquire();
  await sleeping.put("sleeping");
  await woken.put(await cond.wait({ timeout }));
  await cond.release();
}

/** One wait in a process, and as many tasks in it as are asked for. */
export async function waiters(cond: Condition, sleeping: Queue, woken: Queue, count: number, timeout?: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => waiter(cond, sleeping, woken, timeout)));
}

export async function waitAndStay(cond: Condition, sleeping: Queue, woken: Queue): Promise<void> {
  await waiter(cond, sleeping, woken);
  await stay();
}

export async function holdAndStay(cond: Condition, ready: Queue): Promise<void> {
  await cond.acquire();
  await ready.put("held");
  await stay();
}

export async function notifyOne(cond: Condition): Promise<void> {
  await cond.acquire();
  await cond.notify();
  await cond.release();
}

export async function waitUntil(cond: Condition, state: SharedValue<"i32">, wanted: number, timeout?: number): Promise<boolean> {
  const held = await cond.hold();
  const answer = await cond.waitFor(async () => (await state.get()) === wanted, { timeout });
  await held.release();
  return answer;
}

export async function misuse(cond: Condition): Promise<string[]> {
  return [
    (await rejects(cond.wait(), StateError, /acquire/)).name,
    (await rejects(cond.notify(), StateError, /acquire/)).name,
    (await rejects(cond.notifyAll(), StateError, /acquire/)).name,
  ];
}

export async function useBoth(parts: { lock: Lock; cond: Condition }, q: Queue<Condition>): Promise<void> {
  const third = await q.get();
  await parts.lock.acquire();
  assert.equal(await third.acquire({ block: false }), false);
  await parts.cond.notify();
  await third.release();
}

export async function grandchildNotifies(cond: Condition): Promise<void> {
  const child = new Process({ target: notifyOne, args: [cond] });
  await child.start();
  assert.equal(await child.join(), 0);
}

export function waitBlocking(cond: Condition, sleeping: Queue): boolean {
  cond.acquireSync();
  sleeping.putSync("sleeping");
  const answer = cond.waitSync({ timeout: 10_000 });
  cond.releaseSync();
  return answer;
}

export async function setAfter(event: Event, ms: number): Promise<void> {
  await delay(ms);
  await event.set();
}

export async function waitForEvent(event: Event, ready: Queue): Promise<boolean> {
  const waiting = event.wait();
  assert.equal(await event.isSet(), false);
  await ready.put("waiting");
  return waiting;
}

export async function flash(event: Event): Promise<void> {
  await event.set();
  await event.clear();
}

export async function flashAll(events: Event[]): Promise<void> {
  for (const event of events) await flash(event);
}

export async function receiveAndSet(q: Queue<{ deep: [Event] }>): Promise<void> {
  const { deep } = await q.get();
  await deep[0].set();
}

export function waitForEventBlocking(event: Event, other: Event): boolean {
  other.setSync();
  return event.waitSync({ timeout: 10_000 });
}

async function expectAll(q: Queue, count: number): Promise<unknown[]> {
  const items: unknown[] = [];
  for (let i = 0; i < count; i++) items.push(await q.get({ timeout: 10_000 }));
  return items;
}

async function isQuiet(q: Queue): Promise<void> {
  await delay(60);
  assert.equal(await q.empty(), true);
}

async function notify(cond: Condition, count?: number): Promise<void> {
  const held = await cond.hold();
  await timed(0, 1000, () => cond.notify(count));
  await held.release();
}

async function notifyAll(cond: Condition): Promise<void> {
  const held = await cond.hold();
  await timed(0, 1000, () => cond.notifyAll());
  await held.release();
}

export const cases: Cases = {
  "each notify wakes exactly one of a process and a task (test_notify)": async () => {
    const [cond, sleeping, woken] = [new Condition(new Lock()), new Queue(), new Queue()];
    const child = await started({ target: waiter, args: [cond, sleeping, woken] });
    const task = waiter(cond, sleeping, woken);
    await expectAll(sleeping, 2);
    await isQuiet(woken);
    for (let i = 0; i < 2; i++) {
      await notify(cond);
      assert.equal(await woken.get({ timeout: 10_000 }), true);
      await isQuiet(woken);
    }
    await task;
    assert.equal(await child.join(), 0);
    await notify(cond);
    cond.close();
  },
  "six time out and leave nothing; then six wake on one notifyAll (test_notify_all)": async () => {
    const [cond, sleeping, woken] = [new Condition(new Lock()), new Queue(), new Queue()];
    for (const timeout of [150, undefined]) {
      const child = await started({ target: waiters, args: [cond, sleeping, woken, 3, timeout] });
      const tasks = waiters(cond, sleeping, woken, 3, timeout);
      await expectAll(sleeping, 6);
      if (timeout === undefined) {
        await isQuiet(woken);
        await notifyAll(cond);
      }
      assert.deepEqual(await expectAll(woken, 6), Array(6).fill(timeout === undefined));
      await tasks;
      assert.equal(await child.join(), 0);
    }
    cond.close();
  },
  "notify(2) wakes two, notify(4) the rest, notify(3) nobody (test_notify_n)": async () => {
    const [cond, sleeping, woken] = [new Condition(new Lock()), new Queue(), new Queue()];
    const child = await started({ target: waiters, args: [cond, sleeping, woken, 3] });
    const tasks = waiters(cond, sleeping, woken, 3);
    await expectAll(sleeping, 6);
    await notify(cond, 0);
    await isQuiet(woken);
    await notify(cond, 2);
    assert.deepEqual(await expectAll(woken, 2), [true, true]);
    await isQuiet(woken);
    await notify(cond, 4);
    assert.deepEqual(await expectAll(woken, 4), [true, true, true, true]);
    await notify(cond, 3);
    await isQuiet(woken);
    await tasks;
    assert.equal(await child.join(), 0);
    const held = await cond.hold();
    assert.equal(await cond.wait({ timeout: 50 }), false, "a notification without waiters is not kept");
    await held.release();
    cond.close();
  },
  "wait without a notification: false, not before, and the lock is held again (test_timeout)": async () => {
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
  "waitFor gives the predicate's truth across processes (test_waitfor)": async () => {
    const [cond, state] = [new Condition(), new SharedValue("i32", 0)];
    const child = await started({ target: waitUntil, args: [cond, state, 0] });
    assert.equal(await child.result(), true);
    const waiting = await started({ target: waitUntil, args: [cond, state, 4] });
    for (let i = 0; i < 4; i++) {
      await delay(i === 0 ? 300 : 10);
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
  "waitFor that never comes true: false, not before the timeout, though notified (test_waitfor_timeout)": async () => {
    const [cond, state, sleeping] = [new Condition(), new SharedValue("i32", 0), new Queue()];
    const waiting = timed(400, 5000, () => waitUntil(cond, state, 4, 400));
    const child = await started({ target: waiter, args: [cond, sleeping, new Queue(), 1] });
    for (let i = 0; i < 3; i++) {
      await delay(20);
      await run({ target: notifyOne, args: [cond] });
    }
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
  },
  "an abort ends a long wait, with the lock held; its place is free (test_wait_result)": async () => {
    for (const cond of [new Condition(), new Condition(new Lock())]) {
      const [sleeping, woken] = [new Queue(), new Queue()];
      const reason = new Error("enough");
      await cond.acquire();
      await assert.rejects(cond.wait({ signal: AbortSignal.abort(reason) }), reason);
      const abort = new AbortController();
      const waiting = cond.wait({ signal: abort.signal });
      await delay(20);
      const child = await started({ target: waiter, args: [cond, sleeping, woken] });
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
  "an abort ends a wait whenever it comes: while the wait begins, while its predicate runs": async () => {
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
      // The lock is held, and nobody waits.
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
  "an object that only a pending call knows stays until that has its answer": async () => {
    const others: unknown[] = [];
    const end = (): Connection => {
      const [mine, other] = Pipe();
      others.push(other);
      return mine;
    };
    const limit = { timeout: 1500 };
    const acquired = async <T extends Lock | Condition>(lock: T): Promise<T> => {
      await lock.acquire();
      return lock;
    };
    const joined = async (queue: Queue): Promise<void> => {
      await queue.put(1);
      return queue.join(limit);
    };
    const calls: Record<string, () => Promise<unknown>> = {
      "Event.wait": () => new Event().wait(limit),
      "Connection.poll": () => end().poll(limit),
      "Connection.recv": () => end().recv(limit),
      "Connection.recvBytes": () => end().recvBytes(undefined, limit),
      "Connection.recvBytesInto": () => end().recvBytesInto(new Uint8Array(1), 0, limit),
      "Queue.get": () => new Queue().get(limit),
      "Queue.join": () => joined(new Queue()),
      "SimpleQueue.get": () => new SimpleQueue().get(limit),
      "Lock.acquire": async () => (await acquired(new Lock())).acquire(limit),
      "Lock.hold": async () => (await acquired(new Lock())).hold(limit),
      "Semaphore.acquire": () => new Semaphore(0).acquire(limit),
      "Condition.wait": async () => (await acquired(new Condition())).wait(limit),
      "Condition.waitFor": async () => (await acquired(new Condition())).waitFor(() => false, limit),
      "Barrier.wait": () => new Barrier(2).wait(limit),
      wait: () => wait([new Event(), new Queue(), end()], limit),
    };
    const answers = Object.entries(calls).flatMap(([name, call]) =>
      [1, 2, 3].map(() =>
        call().then(
          () => [],
          (error: unknown) => (error instanceof ClosedError ? [name] : []),
        ),
      ),
    );
    for (let i = 0; i < 10; i++) {
      await delay(50);
      collectGarbage();
    }
    assert.deepEqual((await Promise.all(answers)).flat(), [], "nobody closed these");
    assert.ok(others.length > 0);
  },
  "an abort after the notification passes it on": async () => {
    const [cond, sleeping, woken] = [new Condition(new Lock()), new Queue(), new Queue()];
    for (let i = 0; i < 10; i++) {
      const abort = new AbortController();
      await cond.acquire();
      const first = cond.wait({ signal: abort.signal }).then(
        (answer) => answer,
        () => "aborted",
      );
      const second = waiter(cond, sleeping, woken);
      await sleeping.get();
      await cond.acquire();
      await cond.notify();
      if (i % 2 === 0) abort.abort();
      await cond.release();
      if (i % 2 === 1) abort.abort();
      const answer = await first;
      await cond.release();
      if (answer === true) {
        await isQuiet(woken);
        await notify(cond);
      }
      assert.equal(await woken.get({ timeout: 2000 }), true);
      await second;
    }
    cond.close();
  },
  "a recursive hold is given up as a whole, and comes back as deep": async () => {
    const [cond, sleeping, woken] = [new Condition(), new Queue(), new Queue()];
    await cond.acquire();
    await cond.acquire();
    const waiting = cond.wait({ timeout: 10_000 });
    await run({ target: notifyOne, args: [cond] });
    assert.equal(await waiting, true);
    await cond.release();
    const child = await started({ target: waiter, args: [cond, sleeping, woken, 0] });
    await isQuiet(sleeping);
    await cond.release();
    await sleeping.get();
    await rejects(cond.release(), StateError);
    await child.join();
    cond.close();
  },
  "wait and notify without the lock are StateErrors, also while another process holds it": async () => {
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
  },
  "bad arguments": async () => {
    for (const lock of [null, 5, {}, new Event(), new Queue()]) assert.throws(() => new Condition(lock as never), TypeError);
    const cond = new Condition();
    await cond.acquire();
    for (const count of ["1", null, {}, 1n]) await rejects(cond.notify(count as never), TypeError);
    for (const count of [-1, 1.5, Number.NaN]) await rejects(cond.notify(count), RangeError);
    for (const timeout of [Number.NaN, "1", null]) await rejects(cond.wait({ timeout: timeout as number }), TypeError, /timeout/);
    await rejects(cond.wait(5 as never), TypeError);
    await cond.release();
    await rejects(cond.release(), StateError, /./);
    cond.close();
  },
  "a notification goes to who waited longest": async () => {
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
  "notify waits for nobody, and a killed waiter gets nothing": async () => {
    for (const all of [false, true]) {
      const [cond, sleeping, woken] = [new Condition(), new Queue(), new Queue()];
      const dead = await started({ target: waitAndStay, args: [cond, sleeping, woken] });
      await sleeping.get();
      const child = await started({ target: waiter, args: [cond, sleeping, woken] });
      await sleeping.get();
      await cond.acquire();
      dead.kill();
      await dead.join();
      await timed(0, 500, () => (all ? cond.notifyAll() : cond.notify()));
      await cond.release();
      assert.equal(await timed(0, 1000, () => woken.get()), true);
      await child.join();
      cond.close();
    }
  },
  "a notification that a killed waiter had is passed on": async () => {
    const [cond, sleeping, woken] = [new Condition(), new Queue(), new Queue()];
    const dead = await started({ target: waitAndStay, args: [cond, sleeping, woken] });
    await sleeping.get();
    const child = await started({ target: waiter, args: [cond, sleeping, woken] });
    await sleeping.get();
    await cond.acquire();
    await stopped(dead);
    await cond.notify();
    await cond.release();
    await isQuiet(woken);
    assert.equal(await killed(dead, woken.get({ timeout: 10_000 })), true);
    await child.join();
    cond.close();
  },
  "a waiter that takes over from a dead holder is told": async () => {
    for (const lock of [new Lock(), new RLock(), undefined]) {
      const [cond, ready] = [new Condition(lock), new Queue()];
      const abort = new AbortController();
      await cond.acquire();
      const waiting = cond.wait({ signal: abort.signal });
      const child = await started({ target: holdAndStay, args: [cond, ready] });
      await ready.get();
      abort.abort(new Error("enough"));
      await delay(20);
      await assert.rejects(killed(child, waiting), /enough/);
      await child.join();
      assert.equal(cond.abandoned, true);
      assert.equal(lock?.abandoned ?? true, true);
      await cond.release();
      const held = await cond.hold();
      assert.equal(held.abandoned, false);
      await held.release();
      cond.close();
      lock?.close();
    }
  },
  "RLock: of the tasks that wait when its holder dies, the first is told, and hears it as long as the hold lasts": async () => {
    for (const how of ["hold", "acquire"] as const) {
      const [lock, ready] = [new RLock(), new Queue()];
      const holder = await started({ target: holdAndStay, args: [new Condition(lock), ready] });
      await ready.get();
      const take = async (): Promise<boolean> =>
        how === "hold" ? (await lock.hold()).abandoned : (await lock.acquire()) && lock.abandoned;
      const tasks = [take(), take()];
      await delay(50);
      holder.kill();
      assert.equal(await tasks[0], true);
      assert.equal(lock.abandoned, true);
      // Deeper in the same hold.
      assert.equal((await lock.hold()).abandoned, false, "told once");
      assert.equal(lock.abandoned, true);
      for (let i = 0; i < 2; i++) await lock.release();
      // It was granted with the first one: the process held the lock then.
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
  "a stopped waiter holds up neither notify nor the others": async () => {
    const [cond, sleeping, woken] = [new Condition(new Lock()), new Queue(), new Queue()];
    const child = await started({ target: waiter, args: [cond, sleeping, woken] });
    await sleeping.get();
    await cond.acquire();
    await stopped(child);
    const task = waiter(cond, sleeping, woken);
    await cond.release();
    await sleeping.get();
    await notifyAll(cond);
    assert.equal(await woken.get({ timeout: 5000 }), true);
    await task;
    goOn(child);
    assert.equal(await woken.get({ timeout: 10_000 }), true);
    assert.equal(await child.join(), 0);
    cond.close();
  },
  "a condition and its lock travel, apart and together": async () => {
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
  },
  "close ends pending waits, and later calls; a lock of its own goes with it, a given one stays": async () => {
    for (const lock of [undefined, new Lock(), new RLock()]) {
      const cond = new Condition(lock);
      await cond.acquire();
      const waiting = cond.wait();
      await delay(20);
      cond.close();
      cond.close();
      // Another one may be in its place at once.
      const next = new Condition();
      await rejects(waiting, ClosedError, /closed/);
      next.close();
      for (const call of [() => cond.wait(), () => cond.notify(), () => cond.notifyAll()]) await rejects(call(), ClosedError, /closed/);
      if (lock === undefined) await rejects(cond.acquire(), ClosedError);
      else {
        // The wait was given up: as ever, with the lock held.
        assert.equal(await run({ target: tryLock, args: [lock] }), false);
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
  },
  "tasks that share a recursive hold: one's wait releases it for both, and no place is left behind": async () => {
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
  "more waits than there are places is an error that keeps the lock": async () => {
    onlyNative();
    const [cond, sleeping, woken] = [new Condition(new Lock()), new Queue(), new Queue()];
    const tasks = waiters(cond, sleeping, woken, 1024);
    await expectAll(sleeping, 1024);
    const held = await cond.hold();
    await rejects(cond.wait(), ProcessError, /1,024/);
    await cond.notifyAll();
    await held.release();
    assert.deepEqual(await expectAll(woken, 1024), Array(1024).fill(true));
    await tasks;
    cond.close();
  },
  "more objects are waited for than the kernel takes at once": async () => {
    const events = Array.from({ length: 150 }, () => new Event());
    const waits = events.map((event) => event.wait({ timeout: 10_000 }));
    const child = await started({ target: flashAll, args: [events] });
    assert.deepEqual(await Promise.all(waits), Array(150).fill(true));
    assert.equal(await child.join(), 0);
    for (const event of events) event.close();
  },
  "as many as wait at one time": async () => {
    const [cond, sleeping, woken] = [new Condition(new Lock()), new Queue(), new Queue()];
    const tasks = waiters(cond, sleeping, woken, 300);
    await expectAll(sleeping, 300);
    await notify(cond, 100);
    assert.deepEqual(await expectAll(woken, 100), Array(100).fill(true));
    await isQuiet(woken);
    await notifyAll(cond);
    assert.deepEqual(await expectAll(woken, 200), Array(200).fill(true));
    await tasks;
    cond.close();
  },
  "condition: sync twins": async () => {
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
  "random words in a condition or an event: an error or an answer, no crash, no endless loop": async () => {
    onlyNative();
    for (let seed = 1; seed <= 10; seed++) {
      const lock = new Lock();
      const { object: cond, file } = withFile(() => new Condition(lock));
      await cond.acquire();
      const waiting = cond.wait({ timeout: 200 }).catch((error: unknown) => assert.ok(error instanceof Error));
      await delay(5);
      scribble(file, seed);
      await waiting;
      await survives([
        () => cond.notify(),
        () => cond.wait({ timeout: 20 }),
        async () => cond.waitSync({ timeout: 20 }),
        () => cond.notifyAll(),
      ]);
      cond.close();
      assert.equal(await lock.acquire({ block: false }), false, "the lock is another object");
      lock.close();
      const { object: event, file: other } = withFile(() => new Event());
      scribble(other, seed);
      await survives([
        () => event.wait({ timeout: 20 }),
        () => event.set(),
        () => event.isSet(),
        () => event.clear(),
        async () => event.waitSync({ timeout: 20 }),
      ]);
      event.close();
    }
  },
  "Event: not set, set, clear, set by a child (test_event)": async () => {
    const event = new Event();
    assert.equal(await event.isSet(), false);
    assert.equal(await timed(0, 500, () => event.wait({ timeout: 0 })), false);
    assert.equal(await timed(0, 500, () => event.wait({ timeout: -1 })), false);
    assert.equal(await timed(120, 2000, () => event.wait({ timeout: 120 })), false);
    assert.equal(await event.set(), undefined);
    await event.set();
    assert.equal(await event.isSet(), true);
    assert.equal(await timed(0, 500, () => event.wait()), true);
    assert.equal(await timed(0, 500, () => event.wait({ timeout: 0 })), true);
    await event.clear();
    await event.clear();
    assert.equal(await event.isSet(), false);
    const child = await started({ target: setAfter, args: [event, 50] });
    assert.equal(await event.wait(), true);
    assert.equal(await event.isSet(), true);
    await child.join();
    event.close();
  },
  "Event: one that is set for a moment wakes everybody": async () => {
    const [event, ready] = [new Event(), new Queue()];
    const children = await Promise.all([0, 1].map(() => started({ target: waitForEvent, args: [event, ready] })));
    const waits = [event.wait(), event.wait({ timeout: 10_000 })];
    await expectAll(ready, 2);
    await flash(event);
    assert.deepEqual(await Promise.all(waits), [true, true]);
    for (const child of children) {
      assert.equal(await child.result({ timeout: 10_000 }), true);
      await child.join();
    }
    assert.equal(await event.isSet(), false);
    assert.equal(await event.wait({ timeout: 0 }), false);
    event.close();
  },
  "Event: set waits for no killed or stopped waiter": async () => {
    const [event, ready] = [new Event(), new Queue()];
    const [dead, still] = await Promise.all([0, 1].map(() => started({ target: waitForEvent, args: [event, ready] })));
    assert.ok(dead !== undefined && still !== undefined);
    await expectAll(ready, 2);
    const waiting = event.wait();
    await stopped(still);
    dead.kill();
    await timed(0, 500, () => event.set());
    assert.equal(await timed(0, 1000, () => waiting), true);
    goOn(still);
    assert.equal(await still.result({ timeout: 10_000 }), true);
    await dead.join();
    await still.join();
    event.close();
  },
  "Event: aborts, close, bad options": async () => {
    const event = new Event();
    const abort = new AbortController();
    const aborted = event.wait({ signal: abort.signal });
    abort.abort(new Error("enough"));
    await assert.rejects(aborted, /enough/);
    for (const timeout of [Number.NaN, "1", null]) await rejects(event.wait({ timeout: timeout as number }), TypeError, /timeout/);
    const waiting = event.wait();
    event.close();
    event[Symbol.dispose]();
    await rejects(waiting, ClosedError);
    for (const call of [() => event.set(), () => event.clear(), () => event.isSet(), () => event.wait()])
      await rejects(call(), ClosedError, /closed/);
  },
  "Event: it travels": async () => {
    const [event, q] = [new Event(), new Queue<{ deep: [Event] }>()];
    await q.put({ deep: [event] });
    await run({ target: receiveAndSet, args: [q] });
    assert.equal(await event.wait({ timeout: 1000 }), true);
    event.close();
  },
  "Event: sync twins": async () => {
    const portable = new (getContext("spawn", { backend: "portable" }).Event)();
    assert.throws(() => portable.waitSync(), UnsupportedError);
    assert.throws(() => portable.setSync(), UnsupportedError);
    assert.throws(() => waitSync([portable], { timeout: 0 }), UnsupportedError);
    portable.close();
    if (!isNative) return;
    const [event, other] = [new Event(), new Event()];
    const start = performance.now();
    assert.equal(event.waitSync({ timeout: 120 }), false);
    assert.ok(performance.now() - start >= 119);
    const child = await started({ target: waitForEventBlocking, args: [event, other] });
    assert.equal(other.waitSync({ timeout: 10_000 }), true);
    event.setSync();
    assert.equal(event.waitSync(), true);
    assert.equal(child.resultSync({ timeout: 10_000 }), true);
    await child.join();
    await event.clear();
    assert.deepEqual(waitSync([event, other], { timeout: 30 }), [other]);
    event.close();
    other.close();
  },
  "wait() goes on when somebody else took what was ready, until its time is over": async () => {
    const [queue, other, event] = [new Queue<number>(), new Queue<number>(), new Event()];
    for (const options of [undefined, { timeout: 20_000 }]) {
      const waiting = wait([queue, other], options);
      await delay(50);
      const taken = queue.get();
      await queue.put(1);
      assert.equal(await taken, 1);
      await delay(50);
      await other.put(2);
      assert.deepEqual(await waiting, [other]);
      await other.get();
    }
    const waiting = wait([queue], { timeout: 400 });
    await delay(50);
    const taken = queue.get();
    await queue.put(1);
    assert.equal(await taken, 1);
    assert.deepEqual(await timed(100, 20_000, () => waiting), []);
    // An event need not stay set.
    const flashed = wait([queue, event], { timeout: 20_000 });
    await delay(50);
    await flash(event);
    assert.deepEqual(await flashed, [event]);
    for (const each of [queue, other, event]) each.close();
  },
  "wait() takes events together with queues, connections and processes": async () => {
    const [event, q, ready] = [new Event(), new Queue(), new Queue()];
    const [a, b] = Pipe();
    const child = await started({ target: waitForEvent, args: [event, ready] });
    await ready.get();
    assert.deepEqual(await wait([event, q, a, child], { timeout: 40 }), []);
    const soon = wait([event, q, a], { timeout: 10_000 });
    await event.set();
    assert.deepEqual(await soon, [event]);
    await child.join();
    assert.deepEqual(await wait([event, q, a, child]), [event, child]);
    await q.put(1);
    await b.send(1);
    await event.clear();
    assert.deepEqual(await wait([child.sentinel, event, a, q]), [child.sentinel, a, q]);
    const abort = new AbortController();
    const aborted = wait([event], { signal: abort.signal });
    abort.abort(new Error("enough"));
    await assert.rejects(aborted, /enough/);
    event.close();
    await rejects(wait([event]), ClosedError);
    await rejects(wait([new Lock() as never]), TypeError);
    a.close();
    b.close();
  },
};

export async function tryLock(lock: Lock | RLock): Promise<boolean> {
  return lock.acquire({ block: false });
}
