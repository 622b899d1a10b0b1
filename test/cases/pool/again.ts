// Tasks that go to a worker again, or are given up while they run, and what their workers still hear.
import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { currentTask, EOFError, Pipe, Pool, Queue, TimeoutError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import { add, countTo, exit, pidAfter, putAndWait, reporting, untilAborted, withPool } from "./helpers.ts";

export async function putPid(_x: number, { queue }: { readonly queue: Queue<number> }): Promise<number> {
  await queue.put(process.pid);
  await delay(50);
  return process.pid;
}

/** Computes for 50 times the number of milliseconds if that is above 10. */
export async function noteAndWait(ms: number, { queue }: { readonly queue: Queue<number> }): Promise<number> {
  await queue.put(ms);
  if (ms > 10) for (const until = performance.now() + 50 * ms; performance.now() < until; );
  else await delay(ms);
  return ms;
}

/** Notes its number in a file. The last one ends its worker the first time, before the worker could tell of the others. */
export function noteInFile(file: string, number: number, last: number): number {
  const attempt = currentTask()?.attempt ?? 0;
  appendFileSync(file, `${number} `);
  if (number === last && attempt === 1) process.kill(process.pid, "SIGKILL");
  return attempt;
}

/** Returns the sum of the bytes. Every third array, known by its first byte, ends its worker the first time. */
export function sumOnce(bytes: Uint8Array): number {
  if ((bytes[0] ?? 0) % 3 === 0 && currentTask()?.attempt === 1) process.kill(process.pid, "SIGKILL");
  return bytes.reduce((a, b) => a + b, 0);
}

export const cases: Cases = {
  "large arguments arrive whole also when their tasks run again": slow(() =>
    withPool(async (pool) => {
      const arrays = Array.from({ length: 10 }, (_, i) => new Uint8Array(1 << 18).fill(i));
      const sums = await pool.map(sumOnce, arrays, { chunkSize: 2, retries: 5 });
      assert.deepEqual(
        sums,
        arrays.map((_, i) => i << 18),
      );
      const singly = await Promise.all(arrays.map((bytes) => pool.apply(sumOnce, [bytes], { retries: 5 })));
      assert.deepEqual(singly, sums);
    }),
  ),
  "each task of a settled map has its own limit, also those that share a chunk": slow(() =>
    withPool(
      async (pool) => {
        const elements = [1, 1500, 1, 1, 1500, 1, 1, 1];
        // The workers have imported the target then, which takes longer than the task.
        await pool.map(pidAfter, [20, 20, 20, 20], { chunkSize: 1 });
        const results = await pool.map(pidAfter, elements, { settle: true, chunkSize: 4, taskTimeout: 600 });
        assert.deepEqual(
          results.map(({ status }) => status),
          elements.map((ms) => (ms === 1500 ? "rejected" : "fulfilled")),
        );
        for (const result of results) if (result.status === "rejected") assert.ok(result.reason instanceof TimeoutError);
      },
      { taskGrace: 5000 },
    ),
  ),
  "a task that was given up settles once, although its worker is killed then, and does not run again": slow(() =>
    withPool(
      async (pool) => {
        const queue = new Queue<number>();
        const elements = [1, 100, 2, 3];
        const options = { settle: true, chunkSize: 4, taskTimeout: 1000, retries: 2, kwargs: { queue } } as const;
        const results = (await pool.map(noteAndWait as never, elements, options)) as PromiseSettledResult<number>[];
        assert.deepEqual(
          results.map((each) => (each.status === "fulfilled" ? each.value : (each.reason as Error).name)),
          [1, "TimeoutError", 2, 3],
        );
        await pool.apply(add, [1, 1]);
        assert.equal(await queue.qsize(), 4);
        queue.close();
      },
      { processes: 1, taskGrace: 50 },
    ),
  ),
  "a shared object in kwargs reaches each worker": () =>
    withPool(
      async (pool) => {
        while (pool.workers.filter(({ state }) => state !== "starting").length < 2) await pool.apply(pidAfter, [10]);
        const queue = new Queue<number>();
        const pids = await pool.map(putPid, [1, 2, 3, 4, 5, 6, 7, 8], { chunkSize: 1, kwargs: { queue } });
        assert.equal(new Set(pids).size, 2);
        assert.equal(await queue.qsize(), 8);
        queue.close();
      },
      { processes: { min: 2, max: 2 } },
    ),
  "shared objects reach the next worker when the first one dies before it begins the task": slow(() =>
    withPool(
      async (pool) => {
        const queue = new Queue<number>();
        const items = Array.from({ length: 20 }, (_, i) => i);
        await Promise.all(items.map((item) => pool.apply(putAndWait, [queue, item, 0])));
        for (let round = 0; round < 3; round++) {
          const lost = pool.apply(exit, [1]).catch(() => {});
          await Promise.all(items.map((item) => pool.apply(putAndWait, [queue, item, 0])));
          await lost;
        }
        assert.equal(await queue.qsize(), 4 * items.length);
        queue.close();
      },
      { processes: 1 },
    ),
  ),
  "a shared object lives until its task settles, although the caller closes it at once": slow(() =>
    withPool(
      async (pool) => {
        const lost = pool.apply(exit, [1]).catch(() => {});
        const calls = [1, 2, 3].map((item) => {
          const queue = new Queue<number>();
          const call = pool.apply(putAndWait, [queue, item, 0]);
          queue.close();
          return call;
        });
        await lost;
        assert.deepEqual(await Promise.all(calls), [1, 2, 3]);
      },
      { processes: 1 },
    ),
  ),
  "a worker that ends after its task still hears of it": slow(() =>
    withPool(
      async (pool) => {
        const heard: unknown[] = [];
        assert.equal(await pool.apply(reporting, [40], { onReport: (value) => heard.push(value) }), "done");
        assert.equal(heard.length, 40);
        let count = 0;
        for await (const value of pool.iterate(countTo, [100])) assert.equal(value, ++count);
        assert.equal(count, 100);
        const queue = new Queue<string>();
        const controller = new AbortController();
        const call = pool.apply(untilAborted, [queue], { signal: controller.signal });
        assert.equal(await queue.get(), "begun");
        controller.abort(new RangeError("enough"));
        await rejects(call, RangeError, /enough/);
        assert.equal(await queue.get(), "enough");
        queue.close();
      },
      { processes: 1, maxTasksPerChild: 1, taskGrace: 5000 },
    ),
  ),
  "tasks of one key that are lost together run again in their order": slow(() =>
    withPool(async (pool) => {
      const folder = mkdtempSync(join(tmpdir(), "pp-again-"));
      const file = join(folder, "order");
      const call = (number: number): Promise<number> => pool.apply(noteInFile, [file, number, 12], { key: "one", retries: 3 });
      await Promise.all([0, 0, 0].map(call));
      const numbers = Array.from({ length: 12 }, (_, i) => i + 1);
      await Promise.all(numbers.map(call));
      const begun = readFileSync(file, "utf8").trim().split(" ").map(Number);
      const again = begun.slice(15);
      assert.deepEqual(begun.slice(0, 15), [0, 0, 0, ...numbers]);
      assert.equal(again.at(-1), 12);
      assert.deepEqual(
        again,
        again.toSorted((a, b) => a - b),
      );
      rmSync(folder, { recursive: true });
    }),
  ),
  "terminate() gives up the shared objects of tasks that are under way": () =>
    withPool(
      async (pool) => {
        const [ours, theirs] = Pipe<string>();
        const begun = new Queue<string>();
        const running = pool.apply(untilAborted, [begun]).catch(() => {});
        assert.equal(await begun.get(), "begun");
        const waiting = pool.apply(putAndWait as never, [theirs, 1, 0], { transfer: [theirs] }).catch(() => {});
        await delay(20);
        pool.terminate();
        await Promise.all([running, waiting]);
        await rejects(ours.recv({ timeout: 5000 }), EOFError);
        ours.close();
        begun.close();
      },
      { processes: 1 },
    ),
  "nothing is queued or running in a pool that was terminated": async () => {
    const pool = new Pool({ processes: 2 });
    const calls = [pool.map(pidAfter, Array(50).fill(20), { chunkSize: 1 }), pool.apply(pidAfter, [1000])].map((call) =>
      call.catch(() => {}),
    );
    await delay(200);
    pool.terminate();
    await Promise.all(calls);
    await pool.join();
    const { queued, running } = pool.stats();
    assert.deepEqual({ queued, running }, { queued: 0, running: 0 });
  },
};
