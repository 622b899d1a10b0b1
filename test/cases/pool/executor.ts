// What CPython's tests of its Pool and its ProcessPoolExecutor show beyond the other files.
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { BrokenPoolError, ClosedError, Pool, Queue, SerializationError, TimeoutError, WorkerDiedError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { MIB, rejects, run } from "../../suite/help.ts";
import { add, notThree, pidAfter, pidOf, putAndWait, square, withPool } from "./helpers.ts";

export function throwBig(_x: number): void {
  throw new RangeError("x".repeat(MIB));
}

export async function exitLater(ms: number): Promise<void> {
  await delay(ms);
  process.exit(9);
}

export function exitWith(_bytes: Uint8Array): void {
  process.exit(4);
}

/** Makes a call and does not wait for it. */
export function leaveTask(queue: Queue<number>): void {
  void new Pool({ processes: 1 }).apply(putAndWait, [queue, 7, 50]);
}

function* throwAfter(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
  throw new RangeError("in the iterable");
}

/** What an async iterable gives before it ends or throws, and what it throws. */
async function collected<T>(values: AsyncIterable<T>): Promise<{ given: T[]; error: unknown }> {
  const given: T[] = [];
  try {
    for await (const value of values) given.push(value);
    return { given, error: undefined };
  } catch (error) {
    return { given, error };
  }
}

export const cases: Cases = {
  "nothing to do gives nothing, with every method (test_empty_iterable, test_map_chunksize)": () =>
    withPool(async (pool) => {
      for (const options of [{}, { chunkSize: 5 }]) {
        assert.deepEqual(await pool.map(square, [], options), []);
        assert.deepEqual(await pool.starmap(add, [], options), []);
        assert.deepEqual(await collected(pool.imap(square, [], options)), { given: [], error: undefined });
        assert.deepEqual(await collected(pool.imapUnordered(square, new Set<number>(), options)), { given: [], error: undefined });
      }
      assert.deepEqual(pool.workers, []);
    }),
  "an iterable that throws: what came before is right, and nothing comes twice (test_imap_handle_iterable_exception)": () =>
    withPool(async (pool) => {
      for (const chunkSize of [1, 4]) {
        const ordered = await collected(pool.imap(square, throwAfter(10), { chunkSize, lookAhead: 4 }));
        assert.deepEqual(
          ordered.given,
          ordered.given.map((_, i) => i * i),
        );
        const unordered = await collected(pool.imapUnordered(square, throwAfter(10), { chunkSize, lookAhead: 4 }));
        assert.equal(new Set(unordered.given).size, unordered.given.length);
        assert.ok(unordered.given.every((value) => Number.isInteger(Math.sqrt(value)) && value < 100));
        for (const { error } of [ordered, unordered]) {
          assert.ok(error instanceof RangeError);
          // It was not thrown in a worker.
          assert.equal("remote" in error, false);
        }
      }
    }),
  "an error of a task ends imap at its place (test_map_exception)": () =>
    withPool(
      async (pool) => {
        const { given, error } = await collected(pool.imap(notThree, [1, 2, 3, 4, 5], { chunkSize: 1, lookAhead: 1 }));
        assert.deepEqual(given, [1, 2]);
        assert.equal((error as Error).message, "three");
      },
      { processes: 1 },
    ),
  "a promise settles once, with the whole list or with the error (test_map_async_callbacks, test_async_error_callback)": () =>
    withPool(async (pool) => {
      const heard: unknown[] = [];
      const hear = (call: Promise<unknown>): Promise<unknown> =>
        call.then((value) => heard.push(value)).catch(({ name }) => heard.push(name));
      await hear(pool.map(square, [1, 2, 3]));
      await hear(pool.map(notThree, [3, 3, 3]));
      assert.deepEqual(heard, [[1, 4, 9], "RangeError"]);
    }),
  "large errors of several tasks, and then the end (test_map_no_failfast)": async () => {
    const pool = new Pool({ processes: 2 });
    await rejects(pool.map(throwBig, [1, 2], { chunkSize: 1 }), RangeError, /^x{1048576}$/);
    pool.close();
    assert.equal(await pool.join({ timeout: 20_000 }), true);
  },
  "a map has a timeout (test_map_timeout)": () =>
    withPool(async (pool) => {
      await rejects(pool.map(pidAfter, [0, 0, 60_000], { timeout: 1000, chunkSize: 1 }), TimeoutError);
      assert.equal(await pool.apply(add, [1, 1]), 2);
    }),
  "the end of a block ends the pool (test_context, test_enter, test_context_manager_shutdown)": async () => {
    const left = await (async () => {
      await using pool = new Pool({ processes: 1 });
      assert.equal(await pool.apply(square, [2]), 4);
      return pool;
    })();
    assert.deepEqual(left.workers, []);
    await rejects(left.map(square, [1]), ClosedError);
    await rejects(left.apply(square, [1]), ClosedError);
  },
  "never more workers than the pool may have, and idle ones are used again (test_saturation, test_idle_process_reuse_…)": () =>
    withPool(
      async (pool) => {
        const pids = new Set<number>();
        for (let i = 0; i < 3; i++) pids.add(await pool.apply(pidOf, [i]));
        assert.equal(pids.size, 1);
        const calls = Array.from({ length: 45 }, () => pool.apply(pidAfter, [30]));
        for (const pid of await Promise.all(calls)) pids.add(pid);
        // A worker that takes long to start may get no task.
        assert.ok(pids.size <= pool.workers.length);
        assert.equal(pool.workers.length, 3);
        assert.equal(pool.stats().started, 3);
      },
      { processes: 3 },
    ),
  "close() right after many calls: all have results (test_shutdown_race_issue12456, test_hang_issue12364, test_shutdown_no_wait)":
    async () => {
      const pool = new Pool({ processes: 2 });
      const calls = Array.from({ length: 50 }, (_, i) => pool.apply(square, [i]));
      pool.close();
      assert.deepEqual(
        await Promise.all(calls),
        calls.map((_, i) => i * i),
      );
      assert.equal(await pool.join({ timeout: 20_000 }), true);
    },
  "a call that is given up at once, and then the end (test_hang_gh94440)": async () => {
    const pool = new Pool({ processes: 1 });
    const controller = new AbortController();
    const rejected = rejects(pool.apply(pidAfter, [60_000], { signal: controller.signal }), RangeError, /at once/);
    controller.abort(new RangeError("at once"));
    await rejected;
    pool.close();
    assert.equal(await pool.join({ timeout: 20_000 }), true);
  },
  "a worker that ends, or a task that can't be sent, after close() (test_shutdown_deadlock, test_shutdown_deadlock_pickle)": async () => {
    const pool = new Pool({ processes: 2 });
    const calls = [
      rejects(pool.apply(exitLater, [100]), WorkerDiedError, /exit code 9/),
      rejects(pool.apply(square, [(() => 1) as never]), SerializationError),
    ];
    pool.close();
    await Promise.all(calls);
    assert.equal(await pool.join({ timeout: 20_000 }), true);
  },
  "workers end while large arguments are on their way (test_crash_big_data)": slow(() =>
    withPool(async (pool) => {
      const big = Array.from({ length: 6 }, (_, i) => new Uint8Array(4 * MIB).fill(i));
      const results = await pool.map(exitWith, big, { settle: true, chunkSize: 1 });
      assert.ok(results.every((each) => each.status === "rejected" && each.reason instanceof WorkerDiedError));
      await rejects(pool.map(exitWith, big), WorkerDiedError);
      assert.equal(await pool.apply(add, [1, 1]), 2);
    }),
  ),
  "a program that does not wait for its task still runs it (test_interpreter_shutdown, test_hang_gh83386)": slow(async () => {
    const queue = new Queue<number>();
    await run({ target: leaveTask, args: [queue] });
    assert.equal(await queue.get({ timeout: 5000 }), 7);
    queue.close();
  }),
  "workers that can't be started leave nothing behind (test_release_unused_processes)": slow(async () => {
    const pool = new Pool({ processes: { min: 2, max: 2 }, cwd: "/there/is/no/such/folder" });
    const error = await rejects(pool.apply(square, [1]), BrokenPoolError);
    assert.ok(error.cause instanceof Error);
    await rejects(pool.map(square, [1, 2]), BrokenPoolError);
    pool.close();
    assert.equal(await pool.join({ timeout: 20_000 }), true);
    assert.deepEqual(pool.workers, []);
  }),
  "a large pool (test_large_pool)": slow(() =>
    withPool(
      async (pool) => {
        const numbers = Array.from({ length: 1000 }, (_, i) => i);
        const results = await pool.map(square, numbers, { chunkSize: 10 });
        assert.equal(
          results.reduce((a, b) => a + b),
          332_833_500,
        );
      },
      { processes: { min: 12, max: 12 } },
    ),
  ),
};
