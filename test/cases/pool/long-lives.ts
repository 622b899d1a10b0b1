// What a pool keeps and counts over a long life.
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { currentTask, Queue, SharedMemory, TimeoutError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import { added, collectGarbage, descriptors, settled } from "../../suite/leaks.ts";
import { add, spin, untilAborted, withPool } from "./helpers.ts";

const AN_HOUR = 3_600_000;
/** A conservative garbage collector may keep a few objects. */
const MAY_STAY = 10;

export function boxed(n: number): { readonly n: number } {
  return { n };
}

export async function spinsLater(queue: Queue<string>): Promise<void> {
  await queue.put("begun");
  spin();
}

/** Gives memory once it is given up. */
export async function memoryTooLate(queue: Queue<string>): Promise<SharedMemory> {
  const signal = currentTask()?.signal as AbortSignal;
  await queue.put("begun");
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  return new SharedMemory({ size: 4096 });
}

/** Takes a while. Returns when it began and when it ended, in milliseconds of the wall clock. */
export async function napping(): Promise<[began: number, ended: number]> {
  const began = Date.now();
  await delay(150);
  return [began, Date.now()];
}

function* endless(): Generator<number> {
  for (let n = 0; ; n++) yield n;
}

async function assertForgotten(values: readonly WeakRef<object>[]): Promise<void> {
  const left = await settled(() => {
    collectGarbage();
    return values.flatMap((value) => (value.deref() === undefined ? [] : ["a value"])).slice(MAY_STAY);
  });
  assert.deepEqual(left, []);
}

export const cases: Cases = {
  "values that a slow consumer has read are not kept": () =>
    withPool(async (pool) => {
      const read: WeakRef<object>[] = [];
      for await (const value of pool.imap(boxed, endless(), { lookAhead: 8 })) {
        read.push(new WeakRef(value));
        await delay(2);
        if (read.length === 60) break;
        if (read.length === 55) await assertForgotten(read.slice(0, 35));
      }
    }),
  "workers that are replaced after each task run no more tasks at once than there are workers": slow(() =>
    withPool(
      async (pool) => {
        const naps = await pool.map(napping, [1, 2, 3, 4, 5, 6], { chunkSize: 1 });
        for (const [began] of naps) {
          const atOnce = naps.filter(([from, to]) => from <= began && began < to);
          assert.ok(atOnce.length <= 2, `${atOnce.length} tasks ran at once`);
        }
        assert.equal(pool.stats().recycled, 6);
      },
      { maxTasksPerChild: 1 },
    ),
  ),
  "a task that has settled leaves nothing of its time limit": () =>
    withPool(async (pool) => {
      const results: WeakRef<object>[] = [];
      const call = async (n: number): Promise<void> => {
        results.push(new WeakRef(await pool.apply(boxed, [n], { taskTimeout: AN_HOUR })));
      };
      for (let n = 0; n < 3 * MAY_STAY; n++) await call(n);
      await assertForgotten(results);
    }),
  "shared objects in results that nobody wants any more are not kept": () =>
    withPool(
      async (pool) => {
        const queue = new Queue<string>();
        const giveUpOne = async (): Promise<void> => {
          const control = new AbortController();
          const call = pool.apply(memoryTooLate, [queue], { signal: control.signal });
          assert.equal(await queue.get(), "begun");
          control.abort(new RangeError("enough"));
          await rejects(call, RangeError);
        };
        await giveUpOne();
        await pool.apply(add, [1, 1]);
        const before = descriptors();
        for (let i = 0; i < MAY_STAY; i++) await giveUpOne();
        const left = await settled(() => {
          collectGarbage();
          // A connection to the worker may come late. What is kept of each object would be ten of a kind.
          return added(before, descriptors()).filter((more) => Number.parseInt(more, 10) >= MAY_STAY / 2);
        });
        assert.deepEqual(left, []);
        queue.close();
      },
      { processes: 1, taskGrace: 10_000 },
    ),
  "each task that was given up is counted once": slow(() =>
    withPool(async (pool) => {
      const queue = new Queue<string>();
      await rejects(pool.apply(untilAborted, [queue], { taskTimeout: 50 }), TimeoutError);
      const begun = [await queue.get(), await queue.get()];
      assert.equal(begun[0], "begun");
      const control = new AbortController();
      const calls = [
        pool.apply(spinsLater, [queue], { signal: control.signal }),
        pool.apply(untilAborted, [queue], { signal: control.signal }),
      ];
      await queue.get();
      await queue.get();
      control.abort(new RangeError("enough"));
      for (const call of calls) await rejects(call, RangeError);
      const left = await settled(() => (pool.stats().running === 0 ? [] : ["running"]), 10_000);
      assert.deepEqual(left, []);
      assert.equal(await pool.apply(add, [1, 1]), 2);
      const { cancelled, done, failed } = pool.stats();
      assert.deepEqual([cancelled, done, failed], [3, 1, 0]);
      queue.close();
    }),
  ),
};
