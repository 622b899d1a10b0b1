import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { type Connection, EOFError, getContext, Pipe, Pool, Queue, RemoteError, SerializationError, StateError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import {
  add,
  countTo,
  doubled,
  initialize,
  initializedWith,
  isInTask,
  notThree,
  pidAfter,
  pidOf,
  putAndWait,
  reporting,
  returnsFunction,
  square,
  taskFacts,
  useOwnPool,
  withPool,
  words,
} from "./helpers.ts";

export const cases: Cases = {
  "apply gives what the target returns (test_apply, test_async)": () =>
    withPool(async (pool) => {
      assert.equal(await pool.apply(add, [2, 3]), 5);
      assert.equal(await pool.apply(isInTask), true);
      assert.equal(await pool.apply<number>({ module: import.meta.url, name: "cube" }, [3]), 27);
    }),
  "map and starmap give the results in order (test_map, test_starmap, test_map_async)": () =>
    withPool(async (pool) => {
      const numbers = Array.from({ length: 100 }, (_, i) => i);
      const squares = numbers.map(square);
      assert.deepEqual(await pool.map(square, numbers), squares);
      assert.deepEqual(await pool.map(square, numbers, { chunkSize: 7 }), squares);
      assert.deepEqual(await pool.map(square, new Set(numbers)), squares);
      assert.deepEqual(
        await pool.map(
          square,
          (function* () {
            yield* numbers;
          })(),
        ),
        squares,
      );
      assert.deepEqual(await pool.map(square, countTo(20)), numbers.slice(1, 21).map(square));
      assert.deepEqual(
        await pool.starmap(
          add,
          numbers.map((n) => [n, 1] as const),
        ),
        numbers.map((n) => n + 1),
      );
      assert.deepEqual(await pool.map(square, []), []);
      assert.deepEqual(await pool.map(square, countTo(0)), []);
    }),
  "imap gives the results in order, imapUnordered as they come (test_imap, test_imap_unordered)": () =>
    withPool(async (pool) => {
      const numbers = Array.from({ length: 300 }, (_, i) => i);
      const squares = numbers.map(square);
      const ordered: number[] = [];
      for await (const value of pool.imap(square, numbers)) ordered.push(value);
      assert.deepEqual(ordered, squares);
      const unordered: number[] = [];
      for await (const value of pool.imapUnordered(square, countTo(300), { chunkSize: 5 })) unordered.push(value);
      assert.deepEqual(
        unordered.toSorted((a, b) => a - b),
        numbers.map((n) => (n + 1) ** 2),
      );
    }),
  "elements of one chunk run in one worker, also if they come slowly": () =>
    withPool(async (pool) => {
      await pool.map(pidAfter, [0, 0, 0, 0], { chunkSize: 1 });
      const slowly = async function* (): AsyncGenerator<number> {
        for (let i = 0; i < 14; i++) {
          await delay(5);
          yield 20;
        }
      };
      const pids = await pool.map(pidAfter, slowly(), { chunkSize: 4 });
      for (let first = 0; first < 14; first += 4) assert.equal(new Set(pids.slice(first, first + 4)).size, 1, pids.join());
      let results = 0;
      for await (const _ of pool.imap(pidAfter, slowly(), { chunkSize: 8, lookAhead: 3 })) results++;
      assert.equal(results, 14);
    }),
  "imap over an endless iterable takes only lookAhead elements ahead": () =>
    withPool(async (pool) => {
      let taken = 0;
      const endless = (function* () {
        for (;;) yield taken++;
      })();
      let consumed = 0;
      for await (const value of pool.imap(square, endless, { lookAhead: 10, chunkSize: 2 })) {
        assert.equal(value, consumed ** 2);
        consumed++;
        assert.ok(taken <= consumed + 10, `${taken} elements were taken when ${consumed} results were consumed`);
        if (consumed === 100) break;
      }
      assert.equal(endless.next().done, true);
    }),
  "a map takes elements of an async iterable only as long as there is room (maxQueued)": () =>
    withPool(
      async (pool) => {
        let [taken, done, most] = [0, 0, 0];
        const source = async function* (): AsyncGenerator<number> {
          for (; taken < 60; taken++) {
            most = Math.max(most, taken - done);
            yield 6;
          }
        };
        const onProgress = (count: number): void => {
          done = count;
        };
        await pool.map(pidAfter, source(), { chunkSize: 1, onProgress });
        assert.equal(done, 60);
        assert.ok(most < 20, `${most} elements were taken ahead`);
      },
      { processes: 1, maxQueued: 4 },
    ),
  "iterate gives the values of a generator, sync or async": () =>
    withPool(async (pool) => {
      const numbers: number[] = [];
      for await (const value of pool.iterate(countTo, [100])) numbers.push(value);
      assert.equal(numbers.length, 100);
      const texts: string[] = [];
      for await (const value of pool.iterate(words)) texts.push(value);
      assert.deepEqual(texts, ["a", "b"]);
      await rejects(pool.iterate(square as never, [1] as never).next(), TypeError, /iterable/);
    }),
  "break in iterate ends the generator, so that its finally runs": () =>
    withPool(
      async (pool) => {
        const queue = new Queue<string>();
        for await (const value of pool.iterate(countTo, [1e9, queue])) if (value === 30) break;
        assert.equal(await queue.get({ timeout: 5000 }), "ended");
        assert.equal(await pool.apply(add, [1, 1]), 2);
        queue.close();
      },
      { taskGrace: 5000 },
    ),
  "an error of the target arrives as itself, with its origin (test_traceback)": () =>
    withPool(async (pool) => {
      const error = (await rejects(pool.map(notThree, [1, 2, 3, 4]), RangeError, /three/)) as Error & { remote: Record<string, unknown> };
      assert.equal((error.cause as Error).message, "because");
      assert.match(error.stack ?? "", /notThree/);
      assert.deepEqual([error.remote.index, typeof error.remote.pid], [2, "number"]);
      await rejects(pool.apply(notThree, [3]), RangeError);
    }),
  "with settle, errors are results too": () =>
    withPool(async (pool) => {
      const results = await pool.map(notThree, [1, 3, 4], { settle: true });
      assert.deepEqual(
        results.map((each) => (each.status === "fulfilled" ? each.value : (each.reason as Error).message)),
        [1, "three", 4],
      );
    }),
  "kwargs are the last argument": () =>
    withPool(async (pool) => {
      assert.equal(await pool.apply(doubled, [2], { kwargs: { by: 3 } }), 6);
      assert.deepEqual(await pool.map(doubled, [1, 2, 3], { kwargs: { by: 10 } }), [10, 20, 30]);
    }),
  "the initializer runs once in each worker (test_pool_initializer)": () =>
    withPool(
      async (pool) => {
        assert.deepEqual(new Set(await pool.map(initializedWith, Array(20).fill(0))), new Set(["once"]));
      },
      { initializer: initialize, initArgs: ["once"] },
    ),
  "workers that start at once wait for the initializer to be found": () =>
    withPool(
      async (pool) => {
        assert.equal(await pool.apply(initializedWith), "first");
      },
      { processes: { min: 2, max: 2 }, initializer: initialize, initArgs: ["first"] },
    ),
  "a task knows itself": () =>
    withPool(
      async (pool) => {
        const facts = await pool.map(taskFacts, [0, 0, 0]);
        assert.deepEqual(
          facts.map(({ index, attempt }) => [index, attempt]),
          [0, 1, 2].map((index) => [index, 1]),
        );
        assert.deepEqual(
          facts.map(({ id }) => id),
          [1, 2, 3],
        );
        assert.match(facts[0]?.worker ?? "", /^own-worker-\d$/);
        assert.equal(isInTask(), false);
      },
      { name: "own" },
    ),
  "reports arrive in order, all before the task settles": () =>
    withPool(async (pool) => {
      const reports: unknown[] = [];
      assert.equal(await pool.apply(reporting, [20], { onReport: (value) => reports.push(value) }), "done");
      assert.deepEqual(
        reports,
        Array.from({ length: 20 }, (_, i) => i + 1),
      );
      assert.equal(await pool.apply(reporting, [3]), "done");
    }),
  "a callback that throws rejects its call, and the pool lives on (W22)": () =>
    withPool(async (pool) => {
      const throwing = (): void => {
        throw new RangeError("in the callback");
      };
      await rejects(pool.apply(reporting, [3], { onReport: throwing }), RangeError, /in the callback/);
      await rejects(pool.map(square, [1, 2, 3], { onProgress: throwing }), RangeError, /in the callback/);
      assert.equal(await pool.apply(add, [1, 1]), 2);
    }),
  "onProgress hears how many results there are": () =>
    withPool(async (pool) => {
      const heard: [number, number | undefined][] = [];
      await pool.map(square, [1, 2, 3, 4], { chunkSize: 1, onProgress: (done, total) => heard.push([done, total]) });
      assert.deepEqual(heard.at(-1), [4, 4]);
      assert.ok(heard.every(([done], i) => done > (heard[i - 1]?.[0] ?? 0)));
    }),
  "tasks with the same key run in order in one worker": () =>
    withPool(async (pool) => {
      const keyed = await Promise.all(Array.from({ length: 30 }, (_, i) => pool.apply(pidOf, [i], { key: `key ${i % 3}` })));
      for (const key of [0, 1, 2]) assert.equal(new Set(keyed.filter((_, i) => i % 3 === key)).size, 1);
      const queue = new Queue<number>();
      await Promise.all([1, 2, 3, 4, 5].map((item) => pool.apply(putAndWait, [queue, item, 10 * (5 - item)], { key: "order" })));
      const items: number[] = [];
      while (items.length < 5) items.push(await queue.get());
      assert.deepEqual(items, [1, 2, 3, 4, 5]);
      queue.close();
    }),
  "a short task does not wait behind a long one while another worker is idle": () =>
    withPool(async (pool) => {
      await pool.map(pidAfter, [0, 0, 0, 0]);
      const controller = new AbortController();
      const long = pool.apply(pidAfter, [600_000], { signal: controller.signal });
      await Promise.all(Array.from({ length: 40 }, () => pool.apply(pidAfter, [0])));
      controller.abort(new RangeError("all others are done"));
      await rejects(long, RangeError);
    }),
  "calls take turns: an apply after a large map does not wait for all of it": () =>
    withPool(async (pool) => {
      let done = 0;
      const map = pool.map(pidAfter, Array(300).fill(5), { chunkSize: 1, onProgress: (count) => (done = count) });
      await pool.apply(add, [1, 1]);
      assert.ok(done < 200, `${done} of the map's tasks were done first`);
      await map;
    }),
  "values that can't travel fail their own task, and the pool lives on (test_unpickleable_result)": () =>
    withPool(async (pool) => {
      await rejects(pool.apply(square, [(() => {}) as never]), SerializationError, /args\[0\]/);
      const error = await rejects(pool.map(square, [1, (() => {}) as never, 3]), SerializationError);
      assert.equal((error as Error & { index: number }).index, 1);
      for (let i = 0; i < 5; i++) await rejects(pool.apply(returnsFunction), SerializationError);
      assert.equal(await pool.apply(add, [1, 1]), 2);
    }),
  "shared objects travel as arguments and in results": () =>
    withPool(async (pool) => {
      const queue = new Queue<number>();
      assert.deepEqual(
        await pool.starmap(
          putAndWait,
          [1, 2, 3].map((item) => [queue, item, 0] as const),
        ),
        [1, 2, 3],
      );
      assert.equal(await queue.qsize(), 3);
      queue.close();
    }),
  "transferred objects are closed here once the worker has them": () =>
    withPool(async (pool) => {
      const [ours, theirs] = Pipe<string>();
      const call = pool.apply(readAll, [theirs], { transfer: [theirs] });
      await ours.send("first");
      // The worker has the only other end now. So closing ours ends its reading.
      await ours.recv();
      ours.close();
      assert.deepEqual(await call, ["first"]);
      assert.throws(() => theirs.fileno(), /closed/);
    }),
  "a pool works in a worker of a pool (test_pool_in_process, W40)": slow(() =>
    withPool(async (pool) => {
      assert.deepEqual(await pool.apply(useOwnPool), [1, 4, 9]);
    }),
  ),
  "workers come with the first tasks, and never more than there is work for": () =>
    withPool(
      async (pool) => {
        assert.equal(pool.workers.length, 0);
        await pool.apply(add, [1, 1]);
        assert.equal(pool.workers.length, 1);
        const { done, failed, started, died, queued, running } = pool.stats();
        assert.deepEqual(
          { done, failed, started, died, queued, running },
          { done: 1, failed: 0, started: 1, died: 0, queued: 0, running: 0 },
        );
        assert.equal(pool.workers[0]?.state, "idle");
      },
      { processes: 4 },
    ),
  "close() lets the tasks finish, and join() waits for the workers (test_pool_worker_lifetime_early_close)": async () => {
    const pool = new Pool({ processes: 2, maxTasksPerChild: 1 });
    const results = Promise.all([1, 2, 3, 4, 5, 6].map((x) => pool.apply(square, [x])));
    pool.close();
    pool.close();
    assert.equal(await pool.join(), true);
    assert.deepEqual(await results, [1, 4, 9, 16, 25, 36]);
    assert.deepEqual(pool.workers, []);
    await rejects(pool.apply(square, [1]), StateError, /closed/);
  },
  "a context has a Pool, whose workers use its backend": async () => {
    const context = getContext("spawn", { backend: "portable" });
    await using pool = new context.Pool({ processes: 1 });
    assert.ok(pool instanceof Pool);
    assert.equal(await pool.apply(square, [3]), 9);
  },
  "join() before close() is a StateError": () =>
    withPool(async (pool) => {
      await rejects(pool.join(), StateError, /close\(\)/);
    }),
  "unknown classes of errors come as RemoteError": () =>
    withPool(async (pool) => {
      await rejects(pool.apply(throwsOwnClass), RemoteError, /own/);
    }),
};

export function cube(x: number): number {
  return x ** 3;
}

export function throwsOwnClass(): void {
  class Own extends Error {
    override name = "Own";
  }
  throw new Own("own");
}

/** Reads to the end, and answers each text with it. */
export async function readAll(connection: Connection<string>): Promise<string[]> {
  const texts: string[] = [];
  try {
    for (;;) {
      const text = await connection.recv();
      texts.push(text);
      await connection.send(text);
    }
  } catch (error) {
    if (!(error instanceof EOFError)) throw error;
    return texts;
  }
}
