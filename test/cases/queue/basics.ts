import assert from "node:assert/strict";
import { ClosedError, Empty, Full, Queue, SimpleQueue } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, run, started } from "../../suite/help.ts";

export async function takeMany(q: Queue, count: number, done: Queue): Promise<void> {
  for (let i = 0; i < count; i++) await q.get();
  await done.put("done");
}

export async function putAll(q: Queue, items: unknown[]): Promise<void> {
  for (const item of items) await q.put(item);
}

export async function queueStates(q: SimpleQueue<boolean>): Promise<void> {
  await q.put(await q.empty());
  await q.put(await q.empty());
}

export async function produce(q: Queue<[number, number]>, id: number, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await q.put([id, i]);
}

export async function collect(q: Queue<[number, number]>, out: Queue<[number, number][]>): Promise<void> {
  const seen: [number, number][] = [];
  for await (const item of q) seen.push(item);
  await out.put(seen);
}

export const cases: Cases = {
  "put: room, then Full in every style (test_put)": slow(async () => {
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
  }),
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
  "put and get in a module's top level (test_no_import_lock_contention)": async () => {
    const { imported } = await import("../../programs/queue-at-import.ts");
    assert.equal(imported, "at import");
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
  "many producers and consumers: every item once, each producer's in order": slow(async () => {
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
  }),
  "stats count what happened": async () => {
    const q = new Queue<number>();
    await q.put(1);
    await q.put(2);
    await q.get();
    assert.deepEqual(await q.stats(), { size: 1, puts: 2, gets: 1, lost: 0, redelivered: 0, participants: 1 });
  },
  "break out of an iteration loses nothing": async () => {
    const q = new Queue<number>();
    for (let i = 0; i < 5; i++) await q.put(i);
    for await (const item of q) if (item === 2) break;
    assert.equal(await q.get(), 3);
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
};
