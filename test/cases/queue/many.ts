import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import {
  ClosedError,
  Empty,
  Event,
  Full,
  JoinableQueue,
  ProcessDiedError,
  Queue,
  SerializationError,
  ShutDown,
  TimeoutError,
} from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";
import { type Picky, picky } from "./helpers.ts";

const upTo = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);

/** A source that notes how many items were pulled, and whether it was ended. */
function* noted(items: Iterable<unknown>, notes: { pulled: number; ended: boolean }): Generator<never> {
  try {
    for (const item of items) {
      notes.pulled++;
      yield item as never;
    }
  } finally {
    notes.ended = true;
  }
}

async function addedBy(putting: Promise<number>, Class: abstract new (...args: never[]) => Error): Promise<number | undefined> {
  return ((await rejects(putting, Class)) as ClosedError).added;
}

export async function putInParts(q: Queue<number>, count: number, size: number, first: number): Promise<void> {
  for (let i = 0; i < count; i += size) await q.putMany(upTo(size, first + i));
}

export async function takeAll(q: Queue<number>, most: number): Promise<number[]> {
  const items: number[] = [];
  for (;;) {
    try {
      items.push(...(await q.getMany(most)));
    } catch (error) {
      if (error instanceof ShutDown) return items;
      throw error;
    }
  }
}

export async function takeAndHold(q: Queue<number>, ready: Queue<number[]>, most: number): Promise<void> {
  await ready.put(await q.getMany(most));
  await stay();
}

export const cases: Cases = {
  "putMany puts what any iterable gives, in order, and getMany takes what is there": async () => {
    const q = new Queue<number>();
    assert.equal(await q.putMany([]), 0);
    assert.equal(await q.putMany(upTo(3)), 3);
    assert.equal(await q.putMany(new Set([3, 4])), 2);
    const source = async function* (): AsyncGenerator<number> {
      for (const item of [5, 6]) yield await Promise.resolve(item);
    };
    assert.equal(await q.putMany(source()), 2);
    assert.equal(await q.qsize(), 7);
    assert.deepEqual(await q.getMany(3), [0, 1, 2]);
    assert.deepEqual(await q.getMany(100), [3, 4, 5, 6]);
    const other = new Queue<number>();
    await other.putMany(upTo(2500));
    await other.shutdown();
    assert.equal(await q.putMany(other), 2500, "a queue is a source, too");
    assert.deepEqual([...(await q.getMany(2499)), ...(await q.getMany(2499))], upTo(2500));
    const waiting = q.getMany(5);
    await q.putMany([1, 2, 3]);
    const first = await waiting;
    assert.deepEqual([...first, ...(first.length < 3 ? await q.getMany(5) : [])], [1, 2, 3]);
    const stats = await q.stats();
    assert.deepEqual([stats.puts, stats.gets, stats.lost, stats.size], [2510, 2510, 0, 0]);
    for (const each of [q, other]) each.close();
  },
  "getMany: bad numbers, Empty, aborts, shutdown": async () => {
    const q = new Queue<number>();
    for (const most of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) await rejects(q.getMany(most), RangeError, /1 or more/);
    await rejects(q.getMany("5" as never), TypeError);
    await rejects(q.getMany(5, { block: false }), Empty);
    await rejects(q.getMany(5, { timeout: 40 }), Empty);
    const reason = new Error("enough");
    const abort = new AbortController();
    const aborted = q.getMany(5, { signal: abort.signal });
    abort.abort(reason);
    await assert.rejects(aborted, reason);
    await q.putMany([1, 2]);
    assert.equal(await q.qsize(), 2, "the aborted call took nothing");
    const worker = await started({ target: putInParts, args: [q, 3, 3, 3] });
    const items: number[] = [];
    while (items.length < 5) items.push(...(await q.getMany(2, { from: [worker] })));
    assert.deepEqual(items, [1, 2, 3, 4, 5]);
    await rejects(q.getMany(2, { from: [worker] }), ShutDown);
    await q.putMany([1, 2, 3]);
    await q.shutdown();
    assert.deepEqual([await q.getMany(2), await q.getMany(2)], [[1, 2], [3]]);
    await rejects(q.getMany(2), ShutDown);
    q.close();
    await rejects(q.getMany(2), ClosedError);
  },
  "putMany waits for room as it goes, and pulls no more than one item too many": async () => {
    const q = new Queue<number>(3);
    const putting = q.putMany(upTo(50));
    const items: number[] = [];
    while (items.length < 50) items.push(...(await q.getMany(2)));
    assert.equal(await putting, 50);
    assert.deepEqual(items, upTo(50));
    for (const options of [{ timeout: 60 }, { block: false }]) {
      const notes = { pulled: 0, ended: false };
      assert.equal(await addedBy(q.putMany(noted(upTo(9), notes), options), Full), 3);
      assert.deepEqual(notes, { pulled: 4, ended: true });
      assert.deepEqual(await q.getMany(9), [0, 1, 2]);
    }
    q.close();
  },
  "an item that can't travel ends putMany, and those before it are in": async () => {
    const q = new Queue<unknown>();
    const notes = { pulled: 0, ended: false };
    const error = await rejects(q.putMany(noted([1, 2, { deep: [() => 1] }, 4], notes)), SerializationError, /items\[2\]\.deep\[0\]/);
    assert.deepEqual([(error as SerializationError).added, (error as SerializationError).path], [2, "items[2].deep[0]"]);
    assert.deepEqual([notes, await q.getMany(9)], [{ pulled: 3, ended: true }, [1, 2]]);
    for (const bad of [5, null, undefined, {}]) await rejects(q.putMany(bad as never), TypeError, /iterable/);
    const own = new TypeError("the source's own");
    const failing = function* (): Generator<number> {
      yield 7;
      throw own;
    };
    assert.equal(await q.putMany(failing()).catch((caught: unknown) => caught), own);
    assert.equal("added" in own, false);
    assert.deepEqual(await q.getMany(9), [7]);
    await rejects(q.putMany([1], { timout: 5 } as never), TypeError, /did you mean timeout/);
    q.close();
  },
  "an asynchronous source: its items go in while it makes the next one, within the limits of the call": async () => {
    const q = new Queue<number>();
    let ended = 0;
    const slowly = async function* (): AsyncGenerator<number> {
      try {
        yield 1;
        yield 2;
        await delay(60_000, undefined, { ref: false });
      } finally {
        ended++;
      }
    };
    const abort = new AbortController();
    const aborted = q.putMany(slowly(), { signal: abort.signal });
    aborted.catch(() => {});
    assert.deepEqual([await q.get({ timeout: 5000 }), await q.get({ timeout: 5000 })], [1, 2]);
    const reason = new Error("enough");
    abort.abort(reason);
    await assert.rejects(aborted, reason);
    assert.equal(await addedBy(q.putMany(slowly(), { timeout: 200 }), TimeoutError), 2);
    assert.deepEqual(await q.getMany(9), [1, 2]);
    let calls = 0;
    const endless = { [Symbol.asyncIterator]: () => ({ next: async () => ({ value: calls++, done: false }), return: () => (calls = -1) }) };
    const flooding = q.putMany(endless as never);
    flooding.catch(() => {});
    await q.get({ timeout: 5000 });
    await q.shutdown({ immediate: true });
    assert.ok(((await addedBy(flooding, ShutDown)) as number) >= 1);
    assert.equal(calls, -1, "return() was called");
    q.close();
    assert.equal(ended, 0, "a generator that waits ends later");
  },
  "an endless source can be aborted, and its time runs out": slow(async () => {
    const q = new Queue<number>();
    const endless = function* (): Generator<number> {
      for (;;) yield 1;
    };
    const added = (await addedBy(q.putMany(endless(), { timeout: 150 }), TimeoutError)) as number;
    assert.ok(added > 0 && added === (await q.qsize()), `${added} added`);
    const reason = new Error("enough");
    const putting = q.putMany(endless(), { signal: AbortSignal.timeout(100) });
    await assert.rejects(putting, { name: "TimeoutError" });
    await assert.rejects(q.putMany(endless(), { signal: AbortSignal.abort(reason) }), reason);
    q.close();
  }),
  "close() and shutdown() during a putMany: the error says how many are in": async () => {
    const [q, other] = [new Queue<number>(2), new Queue<number>(2)];
    const shut = addedBy(q.putMany(upTo(9)), ShutDown);
    assert.equal(await q.get(), 0);
    await q.shutdown();
    assert.equal((await q.getMany(9)).length + 1, await shut);
    const closed = addedBy(other.putMany(upTo(9)), ClosedError);
    assert.equal(await other.get(), 0);
    const next = new Queue<string>();
    other.close();
    const added = (await closed) as number;
    assert.ok(added === 2 || added === 3, `${added} added`);
    assert.equal(await next.empty(), true);
    for (const each of [q, next]) each.close();
  },
  "a source that fails after the queue was closed is nobody's error": async () => {
    const q = new Queue<number>();
    const late = Promise.withResolvers<IteratorResult<number>>();
    let count = 0;
    const next = (): Promise<IteratorResult<number>> => {
      if (++count < 50) return Promise.resolve({ done: false, value: count });
      q.close();
      return late.promise;
    };
    await rejects(q.putMany({ [Symbol.asyncIterator]: () => ({ next }) }), ClosedError);
    late.reject(new RangeError("too late"));
    // An error that nobody handles would end this program in the next turn of the event loop.
    await delay(10);
  },
  "items with shared objects, and large ones, keep their places": async () => {
    const q = new Queue<unknown>();
    const event = new Event();
    const large = new Uint8Array(300_000).fill(5);
    const small = new Uint8Array(40_000).fill(6);
    const source = [1, event, 2, large, 3, ...Array.from({ length: 20 }, () => small), event, 4];
    assert.equal(await q.putMany(source), source.length);
    const got: unknown[] = [];
    while (got.length < source.length) got.push(...(await q.getMany(100)));
    assert.equal(got.length, source.length);
    for (const [i, item] of source.entries()) {
      if (item instanceof Event) assert.ok(got[i] instanceof Event, `number ${i}`);
      else assert.deepEqual(got[i], item, `number ${i}`);
    }
    await (got[1] as Event).set();
    assert.equal(await event.isSet(), true);
    for (const each of [q, event, got[1], got[25]]) (each as Event).close();
  },
  "an item that can't be received ends the list of a getMany, and no other item is lost": async () => {
    const q = new Queue<Picky>();
    await q.putMany([1, 2, -3, 4, -5, 6].map((n) => picky(n)));
    const taken: unknown[] = [];
    while (taken.length < 6) {
      try {
        taken.push(...(await q.getMany(10, { block: false })).map(({ n }) => n));
      } catch (error) {
        taken.push(error instanceof SerializationError ? "bad" : error);
      }
    }
    assert.deepEqual(taken, [1, 2, "bad", 4, "bad", 6]);
    await q.putMany([1, -2].map((n) => picky(n)));
    assert.deepEqual(
      (await q.getMany(10)).map(({ n }) => n),
      [1],
    );
    await rejects(q.get({ timeout: 0 }), SerializationError);
    await rejects(q.get({ timeout: 0 }), Empty);
    const stats = await q.stats();
    assert.deepEqual([stats.puts, stats.gets, stats.lost], [8, 8, 0]);
    q.close();
  },
  "many producers and consumers: each item comes once, and each producer's in its order": slow(async () => {
    const q = new Queue<number>(300);
    const consumers = [7, 100].map((most) => started({ target: takeAll, args: [q, most] }));
    const producers = await Promise.all([0, 10_000].map((first) => started({ target: putInParts, args: [q, 3000, 500, first] })));
    for (const each of producers) assert.equal(await each.join(), 0);
    await q.shutdown();
    const taken = await Promise.all((await Promise.all(consumers)).map((each) => each.result()));
    for (const items of taken)
      for (const isMine of [(n: number) => n < 10_000, (n: number) => n >= 10_000])
        assert.deepEqual(
          items.filter(isMine),
          items.filter(isMine).toSorted((a, b) => a - b),
        );
    assert.deepEqual(
      taken.flat().sort((a, b) => a - b),
      [...upTo(3000), ...upTo(3000, 10_000)],
    );
    for (const each of consumers) await (await each).join();
    q.close();
  }),
  "a consumer that dies with many items: they come back in order, or join tells their number": slow(async () => {
    for (const redeliver of [true, false]) {
      const [q, ready] = [new JoinableQueue<number>({ redeliver }), new Queue<number[]>()];
      await q.putMany(upTo(6));
      const child = await started({ target: takeAndHold, args: [q, ready, 4] });
      assert.deepEqual(await ready.get(), upTo(4));
      child.kill();
      await child.join();
      if (redeliver) assert.deepEqual(await q.getMany(9, { timeout: 5000 }), upTo(6));
      else {
        assert.equal(((await rejects(q.join(), ProcessDiedError)) as ProcessDiedError).items, 4);
        assert.deepEqual(await q.getMany(9), [4, 5]);
      }
      while ((await q.stats()).size > 0) await q.getMany(9);
      for (let i = redeliver ? 6 : 2; i > 0; i--) await q.taskDone();
      await q.join({ timeout: 5000 });
      for (const each of [q, ready]) each.close();
    }
  }),
};
