import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import {
  ClosedError,
  Empty,
  EOFError,
  Full,
  getContext,
  JoinableQueue,
  Pipe,
  Process,
  ProcessDiedError,
  Queue,
  SerializationError,
  ShutDown,
  SimpleQueue,
  StateError,
  TimeoutError,
} from "../../mod.ts";
import type { Cases } from "../suite/case.ts";
import { isNative, rejects, run, started } from "../suite/help.ts";

export async function takeMany(q: Queue, count: number, done: Queue): Promise<void> {
  for (let i = 0; i < count; i++) await q.get();
  await done.put("done");
}

export async function putAll(q: Queue, items: unknown[]): Promise<void> {
  for (const item of items) await q.put(item);
}

export async function consumer(q: JoinableQueue<number | null>): Promise<void> {
  while ((await q.get()) !== null) {
    await delay(5);
    await q.taskDone();
  }
  await q.taskDone();
}

export async function queueStates(q: SimpleQueue<boolean>): Promise<void> {
  await q.put(await q.empty());
  await q.put(await q.empty());
}

export async function putForever(q: Queue<number>): Promise<void> {
  for (let i = 0; ; i++) await q.put(i);
}

export async function getOne(q: Queue, ready: Queue): Promise<void> {
  await ready.put("waiting");
  await q.get();
}

export async function takeAndHold(q: Queue<number>, ready: Queue, count: number): Promise<void> {
  const taken: number[] = [];
  for (let i = 0; i < count; i++) taken.push(await q.get());
  await ready.put(taken);
  await new Promise(() => setInterval(() => {}, 1000));
}

export async function putBig(q: Queue<Uint8Array>, ready: Queue, bytes: number): Promise<void> {
  const item = new Uint8Array(bytes);
  await ready.put("putting");
  await q.put(item);
}

export async function putAndExit(q: Queue<number>, count: number): Promise<void> {
  for (let i = 0; i < count; i++) void q.put(i);
}

export async function putNewQueue(q: Queue<Queue>, released: Queue): Promise<void> {
  const inner = new Queue<string>();
  await inner.put("inside");
  await q.put(inner);
  await released.get();
}

export async function grandchildGets(q: Queue<number>): Promise<void> {
  const child = new Process({ target: takeNow, args: [q] });
  await child.start();
  assert.equal(await child.join(), 0);
}

export async function takeNow(q: Queue<number>): Promise<number> {
  return q.getNowait();
}

export async function makeQueueInChild(): Promise<void> {
  const q = new Queue<number>();
  await q.put(1);
  await grandchildGets(q);
}

export async function takeAndMark(q: JoinableQueue, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await q.get();
    await q.taskDone();
  }
}

/** Gives up again and again; how many items came out of their order. */
export async function impatient(q: Queue<number>, last: number): Promise<number> {
  let disorder = 0;
  for (let before = 0; before < last; ) {
    try {
      const item = await q.get({ timeout: Math.random() * 2 });
      if (item < before) disorder++;
      else before = item;
    } catch (error) {
      if (!(error instanceof Empty)) throw error;
    }
  }
  return disorder;
}

export const cases: Cases = {
  "taskDone right after an item that holds a shared object marks that one": async () => {
    const q = new JoinableQueue();
    const inner = new Queue<string>();
    for (let i = 0; i < 6; i++) await q.put(inner);
    await takeAndMark(q, 3);
    await run({ target: takeAndMark, args: [q, 3] });
    await q.join({ timeout: 5000 });
    await rejects(q.taskDone(), StateError);
    inner.close();
    q.close();
  },
  "a put that fails on one shared object holds none of the others": async () => {
    const q = new Queue();
    const closed = new Queue();
    closed.close();
    const [a, b] = Pipe();
    await rejects(q.put([b, closed]), ClosedError);
    b.close();
    await rejects(a.recv({ timeout: 5000 }), EOFError);
    a.close();
    q.close();
  },
  "a get that gives up keeps the order for the next": async () => {
    const q = new Queue<number>();
    const child = await started({ target: impatient, args: [q, 1000] });
    for (let i = 1; i <= 1000; i++) {
      await q.put(i);
      if (i % 3 === 0) await delay(1);
    }
    assert.equal(await child.result({ timeout: 20_000 }), 0);
    await child.join();
  },
  "put: room, then Full in every style (test_put)": async () => {
    const q = new Queue<number>({ maxsize: 6 });
    const done = new Queue<string>();
    assert.equal(await q.empty(), true);
    assert.equal(await q.full(), false);
    await q.put(1);
    await q.put(2, { block: true });
    await q.put(3, { timeout: 1000 });
    await q.put(4, { block: false });
    await q.put(5, { block: false, timeout: 1000 });
    await q.putNowait(6);
    assert.equal(await q.empty(), false);
    assert.equal(await q.full(), true);
    for (const look of [
      () => q.put(7, { block: false }),
      () => q.put(7, { block: false, timeout: 5000 }),
      () => q.putNowait(7),
      () => q.put(7, { timeout: 0 }),
      () => q.put(7, { timeout: -1 }),
    ]) {
      const start = performance.now();
      await rejects(look(), Full);
      assert.ok(performance.now() - start < 1000);
    }
    const start = performance.now();
    await rejects(q.put(7, { timeout: 100 }), Full);
    assert.ok(performance.now() - start >= 95);
    const child = await started({ target: takeMany, args: [q, 6, done] });
    await done.get();
    assert.equal(await q.empty(), true);
    assert.equal(await q.full(), false);
    assert.equal(await child.join(), 0);
  },
  "get: in order, then Empty in every style (test_get)": async () => {
    const q = new Queue<number>();
    const child = await started({ target: putAll, args: [q, [2, 3, 4, 5]] });
    assert.equal(await q.get({ block: true }), 2);
    assert.equal(await q.get(), 3);
    assert.equal(await q.get({ timeout: 5000 }), 4);
    await child.join();
    assert.equal(await q.getNowait(), 5);
    for (const look of [
      () => q.get({ block: false }),
      () => q.get({ block: false, timeout: 5000 }),
      () => q.getNowait(),
      () => q.get({ timeout: 0 }),
      () => q.get({ timeout: -5 }),
    ]) {
      const start = performance.now();
      await rejects(look(), Empty);
      assert.ok(performance.now() - start < 1000);
    }
  },
  "a queue in use works for a child's puts (test_fork)": async () => {
    const q = new Queue<number>();
    for (let i = 0; i < 10; i++) await q.put(i);
    await run({ target: putAll, args: [q, [10, 11, 12, 13, 14, 15, 16, 17, 18, 19]] });
    for (let i = 0; i < 20; i++) assert.equal(await q.get(), i);
    await rejects(q.getNowait(), Empty);
  },
  "qsize is exact after each call (test_qsize)": async () => {
    const q = new Queue<number>();
    const sizes = [await q.qsize()];
    await q.put(1);
    sizes.push(await q.qsize());
    await q.put(5);
    sizes.push(await q.qsize());
    await q.get();
    sizes.push(await q.qsize());
    await q.get();
    sizes.push(await q.qsize());
    assert.deepEqual(sizes, [0, 1, 2, 1, 0]);
  },
  "join returns after every item is marked done by four consumers (test_task_done)": async () => {
    const q = new JoinableQueue<number | null>();
    const consumers = await Promise.all([1, 2, 3, 4].map(() => started({ target: consumer, args: [q] })));
    for (let i = 0; i < 10; i++) await q.put(i);
    await q.join();
    for (const _ of consumers) await q.put(null);
    for (const each of consumers) assert.equal(await each.join(), 0);
    await q.join({ timeout: 5000 });
  },
  "put and get in a module's top level (test_no_import_lock_contention)": async () => {
    const { imported } = await import("../programs/queue-at-import.ts");
    assert.equal(imported, "at import");
  },
  "get with a timeout rejects with Empty, not before (test_timeout)": async () => {
    const start = performance.now();
    await rejects(new Queue().get({ timeout: 200 }), Empty);
    assert.ok(performance.now() - start >= 195);
  },
  "an item that can't travel rejects its put and keeps no slot (test_queue_feeder_donot_stop_onexc)": async () => {
    const q = new Queue<unknown>({ maxsize: 1 });
    await rejects(q.put({ deep: [() => 1] }), SerializationError, /item\.deep\[0\]/);
    await q.put(true, { block: false });
    assert.equal(await q.qsize(), 1);
    assert.equal(await q.get(), true);
    assert.equal(await q.empty(), true);
  },
  "after close every call says so, used or not (test_closed_queue_*)": async () => {
    for (const used of [false, true]) {
      const q = new JoinableQueue<number>();
      if (used) await q.put(1);
      q.close();
      await q.joinThread();
      q.close();
      for (const call of [
        () => q.put(1),
        () => q.putNowait(1),
        () => q.get(),
        () => q.getNowait(),
        () => q.empty(),
        () => q.full(),
        () => q.qsize(),
        () => q.stats(),
        () => q.join(),
        () => q.taskDone(),
        () => q.shutdown(),
      ]) {
        await rejects(call(), ClosedError, /closed/);
      }
    }
    const q = new Queue();
    await rejects(q.joinThread(), StateError, /close/);
  },
  "close ends this process's pending get": async () => {
    const q = new Queue();
    const getting = q.get();
    q.close();
    await rejects(getting, ClosedError);
  },
  "SimpleQueue: empty on a closed one rejects; close twice (TestSimpleQueue)": async () => {
    const q = new SimpleQueue();
    assert.equal(q.closed, false);
    q.close();
    q.close();
    assert.equal(q.closed, true);
    await rejects(q.empty(), ClosedError);
    await rejects(q.put(1), ClosedError);
    await rejects(q.get(), ClosedError);
  },
  "SimpleQueue: empty() as seen by a child and by us (test_empty)": async () => {
    const q = new SimpleQueue<boolean>();
    assert.equal(await q.empty(), true);
    await run({ target: queueStates, args: [q] });
    assert.equal(await q.empty(), false);
    assert.equal(await q.get(), true);
    assert.equal(await q.get(), false);
    assert.equal(await q.empty(), true);
  },
  "a child makes a queue for its own child (test_queue_in_process)": async () => {
    await run({ target: makeQueueInChild });
  },
  "a child passes a received queue on to its child (test_nested_startmethod)": async () => {
    const q = new Queue<number>();
    await q.put(1);
    await run({ target: grandchildGets, args: [q] });
    assert.equal(await q.empty(), true);
  },
  "values are snapshots: a change after put is not seen": async () => {
    const q = new Queue<number[]>();
    const list = [1];
    const putting = q.put(list);
    list.push(2);
    await putting;
    assert.deepEqual(await q.get(), [1]);
  },
  "each item goes to one getter, in order of put": async () => {
    const q = new Queue<number>();
    const gets = Array.from({ length: 20 }, () => q.get());
    for (let i = 0; i < 20; i++) await q.put(i);
    assert.deepEqual(
      await Promise.all(gets),
      Array.from({ length: 20 }, (_, i) => i),
    );
  },
  "a waiting put goes in when there is room, in order": async () => {
    const q = new Queue<number>(1);
    const puts = [0, 1, 2, 3].map((i) => q.put(i));
    for (let i = 0; i < 4; i++) assert.equal(await q.get(), i);
    await Promise.all(puts);
  },
  "aborts: before, and while it waits; nothing is left behind": async () => {
    const q = new Queue<number>(1);
    const reason = new Error("enough");
    await assert.rejects(q.get({ signal: AbortSignal.abort(reason) }), reason);
    const get = new AbortController();
    const getting = q.get({ signal: get.signal });
    get.abort(reason);
    await assert.rejects(getting, reason);
    await q.put(1);
    assert.equal(await q.qsize(), 1, "the aborted get took nothing");
    const put = new AbortController();
    const putting = q.put(2, { signal: put.signal });
    put.abort(reason);
    await assert.rejects(putting, reason);
    assert.equal(await q.get(), 1);
    await rejects(q.getNowait(), Empty);
    const join = new AbortController();
    const joining = q.join({ signal: join.signal });
    join.abort(reason);
    await assert.rejects(joining, reason);
  },
  "abort of a get in a child gives the item back": async () => {
    const q = new Queue<number>();
    assert.equal(await run({ target: abortedGet, args: [q] }), "aborted");
    await q.put(7);
    assert.equal(await q.get({ timeout: 1000 }), 7);
    assert.equal((await q.stats()).lost, 0);
  },
  "bad timeouts, signals and options are TypeErrors, and lose nothing": async () => {
    const q = new Queue<number>(1);
    for (const timeout of [Number.NaN, "1", {}, null]) {
      await rejects(q.get({ timeout: timeout as number }), TypeError, /timeout/);
      await rejects(q.put(1, { timeout: timeout as number }), TypeError, /timeout/);
    }
    await rejects(q.get({ signal: {} as AbortSignal }), TypeError, /signal/);
    await rejects(q.get({ block: 1 as never }), TypeError, /block/);
    await rejects(q.get(5 as never), TypeError);
    assert.equal(await q.empty(), true);
    await q.put(1);
    for (const timeout of [2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY]) {
      const putting = q.put(1, { timeout });
      assert.equal(await q.get({ timeout }), 1);
      await putting;
    }
  },
  "bad maxsize": async () => {
    for (const maxsize of ["1", null, {}, 5n, true]) assert.throws(() => new Queue({ maxsize: maxsize as number }), TypeError);
    for (const maxsize of [1.5, Number.NaN]) assert.throws(() => new Queue({ maxsize }), RangeError);
    assert.throws(() => new Queue("6" as never), TypeError);
    assert.throws(() => new Queue(null as never), TypeError);
    for (const maxsize of [0, -1, Number.POSITIVE_INFINITY]) {
      const q = new Queue(maxsize);
      await q.put(1);
      assert.equal(await q.full(), false);
    }
  },
  "taskDone once too often": async () => {
    const q = new JoinableQueue<number>();
    await rejects(q.taskDone(), StateError, /taskDone/);
    await q.put(1);
    await q.get();
    await q.taskDone();
    await rejects(q.taskDone(), StateError);
  },
  "join: a timeout is a TimeoutError; nothing put returns at once": async () => {
    const q = new JoinableQueue<number>();
    await q.join();
    await q.put(1);
    await rejects(q.join({ timeout: 50 }), TimeoutError);
    await rejects(q.join({ timeout: 0 }), TimeoutError);
  },
  "shutdown drains, then ends everybody; immediate drops": async () => {
    const q = new Queue<number>(2);
    await q.put(1);
    await q.put(2);
    const waiting = q.put(3);
    await q.shutdown();
    await rejects(waiting, ShutDown);
    await rejects(q.put(4), ShutDown);
    const seen: number[] = [];
    for await (const item of q) seen.push(item);
    assert.deepEqual(seen, [1, 2]);
    await rejects(q.get(), ShutDown);
    const now = new Queue<number>();
    const getting = now.get();
    await now.shutdown();
    await rejects(getting, ShutDown);
    const dropped = new Queue<number>();
    await dropped.put(1);
    await dropped.shutdown({ immediate: true });
    await rejects(dropped.get(), ShutDown);
    await dropped.join();
  },
  "break out of an iteration loses nothing": async () => {
    const q = new Queue<number>();
    for (let i = 0; i < 5; i++) await q.put(i);
    for await (const item of q) if (item === 2) break;
    assert.equal(await q.get(), 3);
  },
  "shutdown reaches a consumer in another process": async () => {
    const q = new Queue<number>();
    const child = await started({ target: countAll, args: [q] });
    for (let i = 0; i < 10; i++) await q.put(i);
    await q.shutdown();
    assert.equal(await child.result(), 10);
    await child.join();
  },
  "a queue travels inside a value, through a queue, from a child": async () => {
    const q = new Queue<Queue<string>>();
    const released = new Queue<number>();
    const child = await started({ target: putNewQueue, args: [q, released] });
    const inner = await q.get();
    assert.equal(await inner.get({ timeout: 5000 }), "inside");
    await released.put(1);
    await child.join();
    // A native queue lives as long as anybody holds it; a portable one ends with its maker.
    if (isNative) await rejects(inner.get({ timeout: 50 }), Empty);
    else await rejects(inner.get({ timeout: 5000 }), Error, /gone/);
  },
  "a closed queue can't travel": async () => {
    const q = new Queue();
    const closed = new Queue();
    closed.close();
    await rejects(q.put({ closed }), ClosedError);
    assert.equal(await q.empty(), true);
  },
  "a child's unfinished puts are out when it ends by itself": async () => {
    const q = new Queue<number>();
    await run({ target: putAndExit, args: [q, 500] });
    assert.equal(await q.qsize(), 500);
    for (let i = 0; i < 500; i++) assert.equal(await q.get(), i);
  },
  "a producer killed in the middle of a big put leaves nothing and blocks nobody": async () => {
    const q = new Queue<Uint8Array | string>();
    const ready = new Queue();
    const child = await started({ target: putBig as never, args: [q, ready, 200 << 20] as never });
    await ready.get();
    child.kill();
    assert.equal(await child.join(), -9);
    await q.put("after");
    const first = await q.get({ timeout: 5000 });
    assert.ok(first === "after" || (first as Uint8Array).length === 200 << 20);
  },
  "a consumer killed while it waits blocks nobody": async () => {
    const q = new Queue<string>();
    const ready = new Queue();
    const child = await started({ target: getOne, args: [q, ready] });
    await ready.get();
    await delay(50);
    child.kill();
    await child.join();
    await q.put("still there");
    assert.equal(await q.get({ timeout: 3000 }), "still there");
  },
  "a consumer killed holding items: join tells their number, once": async () => {
    const q = new JoinableQueue<number>();
    const ready = new Queue();
    for (let i = 0; i < 5; i++) await q.put(i);
    const child = await started({ target: takeAndHold, args: [q, ready, 3] });
    assert.deepEqual(await ready.get(), [0, 1, 2]);
    const joining = q.join({ timeout: 10_000 });
    joining.catch(() => {});
    child.kill();
    await child.join();
    const error = await rejects(joining, ProcessDiedError);
    assert.equal((error as ProcessDiedError).items, 3);
    for (let i = 3; i < 5; i++) {
      assert.equal(await q.get(), i);
      await q.taskDone();
    }
    await q.join({ timeout: 1000 });
  },
  "redeliver gives back in order what a dead consumer held": async () => {
    const q = new JoinableQueue<number>({ redeliver: true });
    const ready = new Queue();
    for (let i = 0; i < 5; i++) await q.put(i);
    const child = await started({ target: takeAndHold, args: [q, ready, 3] });
    await ready.get();
    child.kill();
    await child.join();
    for (let i = 0; i < 5; i++) {
      assert.equal(await q.get({ timeout: 5000 }), i);
      await q.taskDone();
    }
    await q.join({ timeout: 1000 });
    const stats = await q.stats();
    assert.equal(stats.redelivered, 3);
    assert.equal(stats.lost, 0);
  },
  "stats count what happened": async () => {
    const q = new Queue<number>();
    await q.put(1);
    await q.put(2);
    await q.get();
    assert.deepEqual(await q.stats(), { size: 1, puts: 2, gets: 1, lost: 0, redelivered: 0, participants: 1 });
  },
  "sync twins are for the native backend": async () => {
    const q = new (getContext("spawn", { backend: "portable" }).Queue)<number>();
    assert.throws(() => q.getSync(), { name: "UnsupportedError" });
    assert.throws(() => q.putSync(1), { name: "UnsupportedError" });
    assert.throws(() => q.joinSync(), { name: "UnsupportedError" });
  },
  "many producers and consumers: every item once, each producer's in order": async () => {
    const q = new Queue<[number, number]>(10);
    const out = new Queue<[number, number][]>();
    const producers = await Promise.all([0, 1].map((id) => started({ target: produce, args: [q, id, 200] })));
    const consumers = await Promise.all([0, 1].map(() => started({ target: collect, args: [q, out] })));
    for (const producer of producers) assert.equal(await producer.join(), 0);
    await q.shutdown();
    const lists = [await out.get(), await out.get()];
    for (const each of consumers) assert.equal(await each.join(), 0);
    for (const list of lists) {
      for (const id of [0, 1]) {
        const own = list.filter(([producer]) => producer === id).map(([, i]) => i);
        assert.deepEqual(
          own,
          own.toSorted((a, b) => a - b),
        );
      }
    }
    assert.equal(new Set(lists.flat().map(String)).size, 400);
  },
};

export async function abortedGet(q: Queue<number>): Promise<string> {
  const abort = new AbortController();
  const getting = q.get({ signal: abort.signal });
  abort.abort();
  return getting.then(
    () => "got",
    () => "aborted",
  );
}

export async function countAll(q: Queue<number>): Promise<number> {
  let count = 0;
  for await (const _ of q) count++;
  return count;
}

export async function produce(q: Queue<[number, number]>, id: number, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await q.put([id, i]);
}

export async function collect(q: Queue<[number, number]>, out: Queue<[number, number][]>): Promise<void> {
  const seen: [number, number][] = [];
  for await (const item of q) seen.push(item);
  await out.put(seen);
}
