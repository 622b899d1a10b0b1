// putManySync, getManySync, and putSync of a SimpleQueue: what their awaited twins do, in a thread that blocks.
import assert from "node:assert/strict";
import {
  ClosedError,
  Empty,
  Event,
  Full,
  getContext,
  Queue,
  SerializationError,
  ShutDown,
  SimpleQueue,
  TimeoutError,
  UnsupportedError,
} from "../../../mod.ts";
import { type Cases, Skip } from "../../suite/case.ts";
import { isNative, started } from "../../suite/help.ts";
import { type Picky, picky } from "./helpers.ts";

const upTo = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);

function needsSync(): void {
  if (!isNative) throw new Skip("the portable backend has no blocking calls");
}

/** A source that notes how many items were pulled, and whether it was ended. */
function* noted<T>(items: Iterable<T>, notes: { pulled: number; ended: boolean }): Generator<T> {
  try {
    for (const item of items) {
      notes.pulled++;
      yield item;
    }
  } finally {
    notes.ended = true;
  }
}

/** Asserts that a call throws, and gives the error's `added`. */
function addedBy(put: () => number, Class: abstract new (...args: never[]) => Error): number | undefined {
  try {
    put();
  } catch (error) {
    assert.ok(error instanceof Class, String(error));
    return (error as ClosedError).added;
  }
  assert.fail(`no ${Class.name}`);
}

export function putWhileItBlocks(q: Queue<number>, count: number): number {
  return q.putManySync(noted(upTo(count), { pulled: 0, ended: false }));
}

export const cases: Cases = {
  async "putManySync puts what a synchronous iterable gives, in order, and getManySync takes what is there"(): Promise<void> {
    needsSync();
    const q = new Queue<number>();
    assert.deepEqual([q.putManySync([]), q.putManySync(upTo(3)), q.putManySync(new Set([3, 4]))], [0, 3, 2]);
    assert.equal(await q.putMany([5, 6]), 2);
    assert.deepEqual(
      [q.getManySync(3), await q.getMany(2), q.getManySync(100)],
      [
        [0, 1, 2],
        [3, 4],
        [5, 6],
      ],
    );
    for (const most of [0, -1, 1.5, Number.NaN]) assert.throws(() => q.getManySync(most), /^RangeError: getManySync .* 1 or more/);
    assert.throws(() => q.getManySync("5" as never), TypeError);
    for (const options of [{ block: false }, { timeout: 30 }]) assert.throws(() => q.getManySync(5, options), Empty);
    assert.equal(q.putManySync(upTo(2500)), 2500);
    const items: number[] = [];
    while (items.length < 2500) items.push(...q.getManySync(2000));
    assert.deepEqual(items, upTo(2500));
    q.putManySync([1, 2, 3]);
    await q.shutdown();
    assert.deepEqual([q.getManySync(2), q.getManySync(2)], [[1, 2], [3]]);
    assert.throws(() => q.getManySync(2), ShutDown);
    assert.equal(
      addedBy(() => q.putManySync([4]), ShutDown),
      0,
    );
    q.close();
    assert.throws(() => q.getManySync(2), ClosedError);
    assert.throws(() => q.putManySync([]), ClosedError);
  },

  async "an error of putManySync says how many items are in, and the source is ended"(): Promise<void> {
    needsSync();
    const q = new Queue<unknown>(3);
    for (const options of [{ timeout: 30 }, { block: false }, { timeout: -1 }]) {
      const notes = { pulled: 0, ended: false };
      assert.equal(
        addedBy(() => q.putManySync(noted(upTo(9), notes), options), Full),
        3,
      );
      assert.deepEqual([notes, q.getManySync(9)], [{ pulled: 4, ended: true }, [0, 1, 2]]);
    }
    const notes = { pulled: 0, ended: false };
    assert.throws(() => q.putManySync(noted([1, 2, { deep: [() => 1] }], notes)), {
      name: "SerializationError",
      added: 2,
      path: "items[2].deep[0]",
    });
    assert.deepEqual([notes, q.getManySync(9)], [{ pulled: 3, ended: true }, [1, 2]]);
    const abort = new AbortController();
    const reason = new Error("enough");
    const aborts = function* (): Generator<number> {
      yield 1;
      abort.abort(reason);
      yield 2;
    };
    assert.throws(() => q.putManySync(aborts(), { signal: abort.signal }), reason);
    const late = function* (): Generator<number> {
      yield 2;
      for (const end = performance.now() + 60; performance.now() < end; );
      yield 3;
    };
    assert.equal(
      addedBy(() => q.putManySync(late(), { timeout: 30 }), TimeoutError),
      1,
    );
    const own = new SerializationError("the source's own");
    const fails = function* (): Generator<number> {
      yield 3;
      throw own;
    };
    assert.throws(() => q.putManySync(fails()), own);
    assert.equal(own.added, undefined);
    assert.deepEqual(q.getManySync(9), [1, 2, 3]);
    const closes = function* (): Generator<number> {
      yield 1;
      q.close();
      yield 2;
    };
    assert.equal(
      addedBy(() => q.putManySync(closes()), ClosedError),
      1,
    );
    await Promise.resolve();
  },

  async "putManySync refuses what is no synchronous iterable"(): Promise<void> {
    needsSync();
    const q = new Queue<number>();
    const source = async function* (): AsyncGenerator<number> {
      yield await Promise.resolve(1);
    };
    for (const items of [source(), new Queue()])
      assert.throws(() => q.putManySync(items as never), /^TypeError: .*asynchronous.* putMany\(\)/);
    for (const items of [5, null, undefined, {}]) assert.throws(() => q.putManySync(items as never), /^TypeError: .*takes an iterable/);
    assert.throws(() => q.putManySync([1], { tiemout: 1 } as never), /^TypeError: .*timeout/);
    assert.throws(() => q.getManySync(1, { tiemout: 1 } as never), /^TypeError: .*timeout/);
    assert.equal(await q.qsize(), 0);
    q.close();
  },

  async "two processes that block exchange many items through a small queue, and the end of one is seen"(): Promise<void> {
    needsSync();
    const q = new Queue<number>(5);
    const child = await started({ target: putWhileItBlocks, args: [q, 300] });
    const items: number[] = [];
    while (items.length < 300) items.push(...q.getManySync(7, { from: [child], timeout: 20_000 }));
    assert.deepEqual(items, upTo(300));
    assert.throws(() => q.getManySync(1, { from: [child] }), ShutDown);
    assert.equal(await child.result(), 300);
    q.close();
  },

  async "items with shared objects keep their places, and one that can't be received ends the list"(): Promise<void> {
    needsSync();
    const q = new Queue<unknown>();
    const event = new Event();
    assert.equal(q.putManySync([1, event, new Uint8Array(100_000), 2]), 4);
    const got: unknown[] = [];
    while (got.length < 4) got.push(...q.getManySync(10));
    assert.deepEqual([got[0], got[3], (got[2] as Uint8Array).length], [1, 2, 100_000]);
    await (got[1] as Event).set();
    assert.equal(await event.isSet(), true);
    q.putManySync([1, 2, -3, 4, -5, 6].map((n) => picky(n)));
    const taken: unknown[] = [];
    while (taken.length < 6) {
      try {
        taken.push(...(q.getManySync(10, { block: false }) as Picky[]).map(({ n }) => n));
      } catch (error) {
        taken.push(error instanceof SerializationError ? "bad" : error);
      }
    }
    assert.deepEqual(taken, [1, 2, "bad", 4, "bad", 6]);
    for (const each of [q, event, got[1] as Event]) each.close();
  },

  async "putSync of a SimpleQueue takes the options of its put"(): Promise<void> {
    needsSync();
    const q = new SimpleQueue<number>();
    q.putSync(1, { timeout: 100 });
    assert.throws(() => q.putSync(2, { tiemout: 1 } as never), /^TypeError: .*timeout/);
    assert.throws(() => q.putSync(2, { timeout: Number.NaN }), TypeError);
    const reason = new Error("enough");
    assert.throws(() => q.putSync(2, { signal: AbortSignal.abort(reason) }), reason);
    assert.equal(await q.get(), 1);
    assert.equal(await q.empty(), true);
    q.close();
  },

  async "the portable backend refuses them"(): Promise<void> {
    const q = new (getContext("spawn", { backend: "portable" }).Queue)<number>();
    const notes = { pulled: 0, ended: false };
    assert.throws(() => q.putManySync(noted([1], notes)), UnsupportedError);
    assert.throws(() => q.getManySync(1), UnsupportedError);
    assert.deepEqual([await q.qsize(), notes.pulled], [0, 0]);
    q.close();
  },
};
