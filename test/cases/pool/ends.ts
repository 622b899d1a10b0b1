import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { BrokenPoolError, ClosedError, Full, Pool, Queue, TimeoutError, WorkerDiedError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isNative, KILLED_ITSELF, rejects, run } from "../../suite/help.ts";
import {
  add,
  exit,
  exitAtThree,
  exitFirst,
  failing,
  leavePools,
  pidAfter,
  pidOf,
  spin,
  square,
  throwsLater,
  untilAborted,
  withPool,
} from "./helpers.ts";

export function abort(): void {
  process.abort();
}

export function killMyself(): Promise<void> {
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => {});
}

const kept: Uint8Array[] = [];

export function keepMemory(bytes: number): number {
  kept.push(new Uint8Array(bytes).fill(1));
  return process.pid;
}

/** An initializer that works in one worker only: the one that makes this file. */
export function onlyOnce(path: string): void {
  closeSync(openSync(path, "wx"));
}

export const cases: Cases = {
  "terminate() also ends a call that has just got room": () =>
    withPool(
      async (pool) => {
        const first = pool.apply(pidAfter, [50]);
        const others = [pool.apply(pidAfter, [50]), pool.apply(pidAfter, [50])].map((call) => call.catch((error: Error) => error.name));
        await first;
        pool.terminate();
        assert.deepEqual(await Promise.all(others), ["ClosedError", "ClosedError"]);
      },
      { processes: 1, maxQueued: 1 },
    ),
  "a call that a broken pool can't go on with rejects, although one worker lives": slow(async () => {
    const folder = mkdtempSync(join(tmpdir(), "pp-test-"));
    try {
      await withPool(
        async (pool) => {
          const results = pool.imap(pidAfter, Array(10_000).fill(1), { lookAhead: 2 });
          const consume = async (): Promise<void> => {
            for await (const _ of results) await delay(20);
          };
          await rejects(consume(), BrokenPoolError);
          await rejects(pool.apply(add, [1, 1]), BrokenPoolError);
        },
        { processes: { min: 2, max: 2 }, initializer: onlyOnce, initArgs: [join(folder, "made")], stderr: "null" },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  }),
  "a task whose worker ends rejects, and the others are done (W1, test_crash_during_func_exec_on_worker)": () =>
    withPool(async (pool) => {
      const error = (await rejects(pool.apply(exit, [3]), WorkerDiedError, /exit code 3/)) as WorkerDiedError;
      assert.deepEqual([error.exitCode, error.signal, typeof error.pid, error.task], [3, null, "number", 1]);
      await rejects(pool.apply(exit, [0]), WorkerDiedError, /exit code 0/);
      const killed = (await rejects(pool.apply(killMyself), WorkerDiedError, KILLED_ITSELF.text)) as WorkerDiedError;
      assert.equal(killed.signal, KILLED_ITSELF.signal);
      const results = await pool.map(exitAtThree, [1, 2, 3, 4, 5, 6, 7, 8], { settle: true });
      // On the portable backend the result of a short task waits a moment in its worker for others, and can be lost with it.
      const [first, second, third, ...others] = results.map(({ status }) => status);
      if (isNative) assert.deepEqual([first, second], ["fulfilled", "fulfilled"]);
      assert.equal(third, "rejected");
      assert.deepEqual(others, Array(5).fill("fulfilled"));
      assert.equal(pool.stats().died, 4);
    }),
  "process.abort() in a task": slow(() =>
    withPool(
      async (pool) => {
        await rejects(pool.apply(abort), WorkerDiedError);
        assert.equal(await pool.apply(add, [1, 1]), 2);
      },
      { stderr: "null", stdout: "null" },
    ),
  ),
  "retries run a task again if its worker died": () =>
    withPool(async (pool) => {
      const queue = new Queue<number>();
      assert.equal(await pool.apply(exitFirst, [queue], { retries: 1 }), 2);
      assert.deepEqual([await queue.get(), await queue.get()], [1, 2]);
      await rejects(pool.apply(exit, [1], { retries: 2 }), WorkerDiedError);
      assert.equal(pool.stats().retried, 3);
      queue.close();
    }),
  "an error that a task throws after it has settled ends the worker, with that error as the cause": () =>
    withPool(
      async (pool) => {
        assert.equal(await pool.apply(throwsLater), "returned");
        const error = (await rejects(pool.apply(untilAborted), WorkerDiedError)) as WorkerDiedError;
        assert.equal((error.cause as Error).message, "later");
      },
      { processes: 1, stderr: "null" },
    ),
  "a call that is given up aborts the task's signal, and its worker lives on": () =>
    withPool(
      async (pool) => {
        const queue = new Queue<string>();
        const controller = new AbortController();
        const call = pool.apply(untilAborted, [queue], { signal: controller.signal });
        assert.equal(await queue.get(), "begun");
        const [before] = pool.workers;
        controller.abort(new RangeError("not wanted"));
        await rejects(call, RangeError, /not wanted/);
        assert.equal(await queue.get({ timeout: 5000 }), "not wanted");
        assert.equal(await pool.apply(add, [1, 1]), 2);
        assert.ok(pool.workers.some(({ pid }) => pid === before?.pid));
        await rejects(pool.apply(untilAborted, [queue], { timeout: 300 }), TimeoutError, /300 ms/);
        queue.close();
      },
      { taskGrace: 5000 },
    ),
  "a task that computes after it was given up is killed with its worker": () =>
    withPool(async (pool) => {
      assert.equal(await pool.apply(add, [1, 1]), 2);
      await rejects(pool.apply(spin, [], { timeout: 100 }), TimeoutError);
      await rejects(pool.apply(spin, [], { taskTimeout: 100 }), TimeoutError, /taskTimeout/);
      assert.equal(await pool.apply(add, [1, 1]), 2);
    }),
  "what has not begun never runs once it is given up": () =>
    withPool(
      async (pool) => {
        const first = pool.apply(pidAfter, [300]);
        const controller = new AbortController();
        const queue = new Queue<string>();
        const call = pool.apply(untilAborted, [queue], { signal: controller.signal });
        await delay(20);
        controller.abort(new Error("no"));
        await rejects(call, Error, /no/);
        await first;
        await pool.apply(add, [1, 1]);
        assert.equal(await queue.qsize(), 0);
        queue.close();
      },
      { processes: 1 },
    ),
  "a signal that is aborted already": () =>
    withPool(async (pool) => {
      await rejects(pool.apply(add, [1, 1], { signal: AbortSignal.abort(new RangeError("before")) }), RangeError, /before/);
      assert.deepEqual(pool.workers, []);
    }),
  "three workers in a row that can't start break the pool, with the cause": slow(async () => {
    const pool = new Pool({ processes: 2, initializer: failing, stderr: "null" });
    const error = await rejects(pool.apply(add, [1, 1]), BrokenPoolError);
    assert.equal((error.cause as Error).message, "an initializer that fails");
    await rejects(pool.map(square, [1, 2]), BrokenPoolError);
    pool.terminate();
    await pool.join();
  }),
  "a worker that starts while nothing is to be done is heard, and stays": slow(() =>
    withPool(
      async (pool) => {
        const until = performance.now() + 20_000;
        while (pool.workers.length < 2 || pool.workers.some(({ state }) => state !== "idle")) {
          assert.ok(performance.now() < until, "the pool has not heard of its workers");
          await delay(20);
        }
        const pids = pool.workers.map(({ pid }) => pid);
        assert.equal(await pool.apply(add, [1, 1]), 2);
        assert.deepEqual(
          pool.workers.map(({ pid }) => pid),
          pids,
        );
        assert.equal(pool.stats().died, 0);
      },
      { processes: { min: 2, max: 2 } },
    ),
  ),
  "an initializer that never ends runs into startTimeout": slow(async () => {
    const pool = new Pool({ processes: 1, initializer: untilNever, startTimeout: 400, stderr: "null" });
    const error = await rejects(pool.apply(add, [1, 1]), BrokenPoolError);
    assert.match((error.cause as Error).message, /startTimeout/);
    pool.terminate();
    await pool.join();
  }),
  "terminate() rejects what is not done, also while it computes (test_terminate)": async () => {
    const pool = new Pool({ processes: 2, grace: 200 });
    const calls = [pool.apply(spin), pool.apply(untilAborted), pool.map(pidAfter, Array(100).fill(50))];
    const rejected = calls.map((call) => rejects(call, ClosedError, /terminated/));
    await delay(300);
    const begun = performance.now();
    pool.terminate();
    await Promise.all(rejected);
    assert.equal(await pool.join(), true);
    assert.ok(performance.now() - begun < 5000);
    await rejects(pool.apply(add, [1, 1]), ClosedError);
  },
  "a pool that is not joined, or not even closed, lets its program end (W34)": slow(async () => {
    assert.equal(await run({ target: leavePools }), 3);
  }),
  "maxTasksPerChild replaces workers (test_pool_worker_lifetime)": slow(() =>
    withPool(
      async (pool) => {
        const pids = await pool.map(pidOf, Array(30).fill(0), { chunkSize: 1 });
        const counts = Map.groupBy(pids, (pid) => pid);
        assert.ok([...counts.values()].every((each) => each.length <= 10));
        assert.ok(counts.size >= 3);
        assert.ok(pool.stats().recycled >= 2);
      },
      { maxTasksPerChild: 10 },
    ),
  ),
  "a worker that uses too much memory is replaced between tasks": slow(() =>
    withPool(
      async (pool) => {
        const before = await pool.apply(keepMemory, [200 << 20]);
        for (let i = 0; i < 50 && pool.stats().recycled === 0; i++) {
          await pool.apply(add, [1, 1]);
          await delay(20);
        }
        assert.equal(pool.stats().recycled, 1);
        assert.notEqual(await pool.apply(keepMemory, [1]), before);
      },
      { processes: 1, maxMemoryPerChild: 200 << 20 },
    ),
  ),
  "idle workers end after idleTimeout, but for the minimum": slow(() =>
    withPool(
      async (pool) => {
        const controller = new AbortController();
        const calls = [1, 2, 3].map(() => pool.apply(untilAborted, [], { signal: controller.signal }));
        while (pool.stats().running < 3) await delay(20);
        controller.abort();
        await Promise.allSettled(calls);
        for (let i = 0; i < 200 && pool.workers.length > 1; i++) {
          await delay(50);
          if (i % 10 === 9) await pool.apply(add, [1, 1]);
        }
        assert.equal(pool.workers.length, 1);
      },
      { processes: { min: 1, max: 3 }, idleTimeout: 100 },
    ),
  ),
  "maxQueued: apply waits for room, or rejects with Full": () =>
    withPool(
      async (pool) => {
        const calls = [1, 2, 3, 4].map(() => pool.apply(pidAfter, [100]));
        await delay(10);
        await rejects(pool.apply(add, [1, 1], { block: false }), Full);
        await rejects(pool.apply(add, [1, 1], { timeout: 1 }), TimeoutError);
        assert.equal(await pool.apply(add, [1, 1]), 2);
        await Promise.all(calls);
      },
      { processes: 1, maxQueued: 1 },
    ),
  "maxQueued holds for calls of one turn, also while their target is looked for": () =>
    withPool(
      async (pool) => {
        for (let turn = 0; turn < 2; turn++) {
          const calls = [1, 2, 3].map((x) => pool.apply(square, [x]));
          await rejects(pool.apply(add, [1, 1], { block: false }), Full);
          assert.deepEqual(await Promise.all(calls), [1, 4, 9]);
        }
      },
      { processes: 1, maxQueued: 1 },
    ),
};

export function untilNever(): Promise<void> {
  return new Promise(() => setInterval(() => {}, 1000));
}
