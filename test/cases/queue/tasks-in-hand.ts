import assert from "node:assert/strict";
import {
  ClosedError,
  Empty,
  JoinableQueue,
  Process,
  ProcessDiedError,
  Queue,
  type QueueTask,
  SerializationError,
  ShutDown,
  StateError,
  TimeoutError,
  wait,
} from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isFilled, isNative, MIB, rejects, run, started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";
import { type Picky, picky } from "./helpers.ts";

/** Both kinds of queue: one that gives back what a dead consumer had taken, and one that counts it as lost. */
async function each(check: (queue: JoinableQueue<never>, redeliver: boolean) => Promise<void>): Promise<void> {
  for (const redeliver of [false, true]) {
    const queue = new JoinableQueue<never>({ redeliver });
    await check(queue, redeliver);
    queue.close();
  }
}

async function tasksOf<T>(queue: Queue<T>, count: number): Promise<QueueTask<T>[]> {
  const tasks: QueueTask<T>[] = [];
  for (let i = 0; i < count; i++) tasks.push(await queue.getTask({ timeout: 5000 }));
  return tasks;
}

async function drained<T>(queue: Queue<T>): Promise<T[]> {
  const items: T[] = [];
  while (!(await queue.empty())) items.push(await queue.get());
  return items;
}

/** Ends the first task, gives the second back, and keeps the third. */
export async function endSome(queue: Queue<number>, ready: Queue<number[]>): Promise<void> {
  const tasks = await tasksOf(queue, 3);
  await tasks[0]?.done();
  await tasks[1]?.giveBack();
  await ready.put(tasks.map(({ value }) => value));
  await stay();
}

export async function takeOne(queue: Queue<string>, ready: Queue<string>): Promise<void> {
  const taken = queue.get();
  await ready.put("waiting");
  await ready.put(await taken);
}

export async function putInner(queue: Queue<{ inner: Queue<string> }>, inner: Queue<string>): Promise<void> {
  await queue.put({ inner });
}

export async function giveBackInner(queue: Queue<{ inner: Queue<string> }>): Promise<void> {
  const task = await queue.getTask();
  await task.value.inner.put("first");
  task.value.inner.close();
  await task.giveBack();
}

export async function useInner(queue: Queue<{ inner: Queue<string> }>): Promise<string[]> {
  const { inner } = await queue.get({ timeout: 5000 });
  await inner.put("second");
  await queue.taskDone();
  return drained(inner);
}

export const cases: Cases = {
  "getTask: done() marks this item, and giveBack() returns this one to the front": () =>
    each(async (q: JoinableQueue<unknown>) => {
      await q.putMany(["a", "b", "c", "d"]);
      const [a, b, c] = (await tasksOf(q, 3)) as [QueueTask, QueueTask, QueueTask];
      assert.deepEqual([a.value, b.value, c.value], ["a", "b", "c"]);
      await b.done();
      await c.giveBack();
      await a.giveBack();
      assert.deepEqual(await q.stats(), { size: 3, puts: 4, gets: 3, lost: 0, redelivered: 0, participants: 1 });
      assert.deepEqual(await drained(q), ["a", "c", "d"]);
      for (let i = 0; i < 3; i++) {
        await rejects(q.join({ timeout: 0 }), Error);
        await q.taskDone();
      }
      await q.join({ timeout: 5000 });
      await rejects(q.taskDone(), StateError);
    }),
  "getTask: each item is ended once, whoever ends it": () =>
    each(async (q: JoinableQueue<unknown>) => {
      await q.putMany([1, 2, 3, 4]);
      const [first, second] = (await tasksOf(q, 2)) as [QueueTask, QueueTask];
      await q.get();
      const [last] = (await tasksOf(q, 1)) as [QueueTask];
      await second.done();
      for (const again of [second.done(), second.giveBack()]) await rejects(again, StateError, /before/);
      // The oldest one is a task, then one from get(), then a task again.
      await q.taskDone();
      for (const again of [() => first.done(), () => first.giveBack()]) await rejects(again(), StateError, /ended once/);
      await q.taskDone();
      const both = await Promise.allSettled([last.done(), last.done()]);
      assert.deepEqual(
        both.map(({ status }) => status),
        ["fulfilled", "rejected"],
      );
      await q.join({ timeout: 5000 });
    }),
  "getTask: an item that was given back and taken again belongs to its new task": () =>
    each(async (q: JoinableQueue<unknown>) => {
      await q.put("again");
      const old = await q.getTask();
      await old.giveBack();
      const task = await q.getTask();
      await rejects(old.done(), StateError);
      assert.equal(task.value, "again");
      await task.done();
      await q.join({ timeout: 5000 });
    }),
  "getTask: a get that waits in another process has what is given back at once": () =>
    each(async (q: JoinableQueue<unknown>) => {
      const ready = new Queue<string>();
      await q.put("job");
      const task = await q.getTask();
      const child = await started({ target: takeOne, args: [q as Queue<string>, ready] });
      assert.equal(await ready.get(), "waiting");
      await task.giveBack();
      assert.equal(await ready.get({ timeout: 5000 }), "job");
      assert.equal(await child.join(), 0);
      ready.close();
    }),
  "getTask: a consumer is killed with tasks in hand": () =>
    each(async (q: JoinableQueue<unknown>, redeliver) => {
      const ready = new Queue<number[]>();
      await q.putMany([0, 1, 2]);
      const child = await started({ target: endSome, args: [q as Queue<number>, ready] });
      assert.deepEqual(await ready.get(), [0, 1, 2]);
      child.kill();
      await child.join();
      const { lost, redelivered, size } = await q.stats();
      assert.deepEqual({ lost, redelivered, size }, { lost: 0, redelivered: redeliver ? 1 : 0, size: redeliver ? 2 : 1 });
      assert.deepEqual(await drained(q), redeliver ? [1, 2] : [1]);
      for (let i = 0; i < (redeliver ? 2 : 1); i++) await q.taskDone();
      if (!redeliver) assert.equal(((await rejects(q.join(), ProcessDiedError)) as ProcessDiedError & { items: number }).items, 1);
      await q.join({ timeout: 5000 });
      ready.close();
    }),
  "getTask: shared objects inside an item that is given back reach its next consumer": () =>
    each(async (queue: JoinableQueue<unknown>) => {
      const q = queue as Queue<{ inner: Queue<string> }>;
      const inner = new Queue<string>();
      await q.put({ inner });
      // From now on, only the item keeps it.
      inner.close();
      await run({ target: giveBackInner, args: [q] });
      assert.deepEqual(await run({ target: useInner, args: [q] }), ["first", "second"]);
      await q.join({ timeout: 5000 });
    }),
  "getTask: shared objects in an item that came from another process and goes back and forth": slow(() =>
    each(async (queue: JoinableQueue<unknown>) => {
      const q = queue as Queue<{ inner: Queue<string> }>;
      const inner = new Queue<string>();
      await run({ target: putInner, args: [q, inner] });
      for (let i = 0; i < 3; i++) await (await q.getTask({ timeout: 5000 })).giveBack();
      assert.deepEqual(await run({ target: useInner, args: [q] }), ["second"]);
      inner.close();
    }),
  ),
  "getTask: timeout, signal, from, wait() and a full queue": async () => {
    const q = new JoinableQueue<number>({ maxsize: 1 });
    await rejects(q.getTask({ timeout: 0 }), Empty);
    await rejects(q.getTask({ timeout: 20 }), Empty);
    await rejects(q.getTask({ block: false }), Empty);
    await rejects(q.getTask({ signal: AbortSignal.abort(new RangeError("stop")) }), RangeError, /stop/);
    await rejects(q.getTask({ timout: 20 } as never), TypeError, /timout/);
    const waiting = q.getTask();
    await q.put(1);
    const task = await waiting;
    await q.put(2);
    // The queue has one item more than it takes from a put.
    await task.giveBack();
    assert.equal(await q.qsize(), 2);
    assert.deepEqual(await wait([q], { timeout: 1000 }), [q]);
    const put = q.put(3);
    assert.deepEqual([await q.get(), await q.get()], [1, 2]);
    await put;
    const child = new Process({ target: takeOne, args: [new Queue<string>(), new Queue<string>()] });
    assert.equal((await q.getTask({ from: [child] })).value, 3);
    q.close();
  },
  "getTask: from ends the wait when all producers have ended": slow(async () => {
    const q = new JoinableQueue<{ inner: Queue<string> }>();
    const inner = new Queue<string>();
    const child = await started({ target: putInner, args: [q, inner] });
    const task = await q.getTask({ from: [child] });
    await rejects(q.getTask({ from: [child] }), ShutDown);
    await task.giveBack();
    await (await q.getTask({ from: [child] })).done();
    await q.join({ timeout: 5000 });
    for (const queue of [q, inner]) queue.close();
  }),
  "getTask: after close() a task can't be ended, and a pending call rejects": () =>
    each(async (q: JoinableQueue<unknown>) => {
      await q.put(1);
      const task = await q.getTask();
      const pending = q.getTask();
      pending.catch(() => {});
      q.close();
      await rejects(pending, ClosedError);
      for (const late of [task.done(), task.giveBack(), q.getTask()]) await rejects(late, ClosedError);
    }),
  "getTask: a task that comes back after shutdown() is taken, and after an immediate one it is done": async () => {
    for (const redeliver of [false, true])
      for (const immediate of [false, true]) {
        const q = new JoinableQueue<string>({ redeliver });
        await q.putMany(["a", "b"]);
        const [a] = (await tasksOf(q, 1)) as [QueueTask<string>];
        await q.shutdown({ immediate });
        await a.giveBack();
        for (const item of immediate ? [] : ["a", "b"]) {
          const task = await q.getTask();
          assert.equal(task.value, item);
          await task.done();
        }
        await rejects(q.getTask(), ShutDown);
        await q.join({ timeout: 5000 });
        q.close();
      }
  },
  "getTask: a large item stays what it is while others are taken": () =>
    each(async (queue: JoinableQueue<unknown>) => {
      const q = queue as Queue<Uint8Array>;
      for (const i of [1, 2, 3]) await q.put(new Uint8Array(i * MIB).fill(i));
      const tasks = await tasksOf(q, 3);
      tasks.forEach(({ value }, i) => {
        assert.ok(isFilled(value, (i + 1) * MIB, i + 1));
      });
      await tasks[1]?.giveBack();
      assert.ok(isFilled(await q.get(), 2 * MIB, 2));
    }),
  "getTask: an item that can't be received is marked as done": () =>
    each(async (queue: JoinableQueue<unknown>) => {
      const q = queue as JoinableQueue<Picky>;
      await q.putMany([picky(1), picky(-2)]);
      const task = await q.getTask();
      await rejects(q.getTask(), SerializationError);
      await rejects(q.join({ timeout: 0 }), TimeoutError);
      await task.done();
      await q.join({ timeout: 5000 });
    }),
  "getTask: what an earlier getMany has left in this process is taken by get": () =>
    each(async (queue: JoinableQueue<unknown>, redeliver) => {
      const q = queue as JoinableQueue<Picky>;
      await q.putMany([1, -2, 3].map((n) => picky(n)));
      const first = await q.getTask();
      await rejects(q.getMany(10), SerializationError);
      let left: Picky | undefined;
      if (isNative) {
        await rejects(q.getTask(), StateError, /take it with get\(\)/);
        left = await q.get();
      } else left = (await q.getTask()).value;
      assert.equal(left.n, 3);
      await first.giveBack();
      const again = await q.getTask();
      assert.equal(again.value.n, 1);
      await again.done();
      for (let i = 0; i < 2; i++) await q.taskDone();
      await q.join({ timeout: 5000 });
      assert.equal((await q.stats()).size, 0, `redeliver: ${redeliver}`);
    }),
};
