// Tasks that leave something behind, or take all that they can get.
import assert from "node:assert/strict";
import { capabilities, type PoolOptions, TimeoutError, WorkerDiedError } from "../../../mod.ts";
import { type Cases, Skip, slow } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import { add, square, withPool } from "./helpers.ts";

export function leaveTimers(): number {
  setInterval(() => {}, 5);
  setTimeout(() => {}, 100_000);
  void new Promise(() => {});
  return process.pid;
}

/** Keeps ever more objects. */
export function fillMemory(): never {
  const kept: unknown[] = [];
  for (;;) kept.push(Array.from({ length: 1000 }, (_, i) => ({ i, text: `${i} of ${kept.length}` })));
}

const BOUNDS: Readonly<Record<string, PoolOptions>> = {
  node: { execArgv: ["--max-old-space-size=48"] },
  deno: { execArgv: ["--v8-flags=--max-old-space-size=48"] },
};

/** In test/pool-programs.test.ts it is a million. */
const WAITING = 40_000;
const MOST_BYTES = 8000;

export const cases: Cases = {
  "timers that a task leaves behind keep no worker": () =>
    withPool(
      async (pool) => {
        const pid = await pool.apply(leaveTimers);
        assert.equal(await pool.apply(leaveTimers), pid);
        pool.close();
        assert.equal(await pool.join({ timeout: 10_000 }), true);
      },
      { processes: 1 },
    ),
  "a task that fills its memory is lost with its worker, and the pool lives on": slow(() => {
    const bound = BOUNDS[capabilities().runtime];
    // With a limit of the system, Bun sometimes throws a RangeError and sometimes aborts.
    if (bound === undefined) throw new Skip("this runtime has no flag that bounds the memory of its objects");
    return withPool(
      async (pool) => {
        await rejects(pool.apply(fillMemory, [], { timeout: 28_000 }), WorkerDiedError);
        assert.equal(await pool.apply(add, [1, 1]), 2);
      },
      { ...bound, stdout: "null", stderr: "null" },
    );
  }),
  "a map over an iterable that never ends is given up by its time limit, and closes the iterable": () =>
    withPool(async (pool) => {
      let isClosed = false;
      const endless = (function* () {
        try {
          for (let i = 0; ; i++) yield i;
        } finally {
          isClosed = true;
        }
      })();
      await rejects(pool.map(square, endless, { timeout: 300, chunkSize: 10 }), TimeoutError);
      assert.equal(isClosed, true);
      assert.equal(await pool.apply(add, [1, 1]), 2);
    }),
  "many thousands of calls wait at once, with a bounded memory for each": slow(() =>
    withPool(async (pool) => {
      await pool.apply(add, [1, 1]);
      const before = process.memoryUsage().rss;
      const sums = await Promise.all(Array.from({ length: WAITING }, (_, i) => pool.apply(add, [i, 1])));
      assert.ok(sums.every((sum, i) => sum === i + 1));
      const each = (process.memoryUsage().rss - before) / WAITING;
      assert.ok(each < MOST_BYTES, `${each} bytes for each call`);
    }),
  ),
};
