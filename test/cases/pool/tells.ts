// What a pool tells of its tasks and of the ends of its workers.
import assert from "node:assert/strict";
import { writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { BrokenPoolError, type PoolStats, WorkerDiedError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import { add, pidAfter, square, withPool } from "./helpers.ts";

const STDERR = 2;
/** A percentile may be so much above the time that it stands for. */
const OFF = 1.04;
/** A timer may fire a little early by the clock. */
const EARLY_MS = 2;

export function speakAndExit(): void {
  for (let line = 1; line <= 20; line++) writeSync(STDERR, `line ${line}\n`);
  process.exit(3);
}

export function speakAtStart(): void {
  writeSync(STDERR, "no license\n");
  process.exit(4);
}

/** Asserts that each of these times is what it can be. */
function checkTimes({ mean, p50, p90, p99, max }: PoolStats["runTime"], least: number, most: number): void {
  const times = [least, p50, p90, p99, max, most];
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  assert.ok(mean >= least && mean <= max, `the mean of ${times.join(", ")} is ${mean}`);
}

export const cases: Cases = {
  "stats() has the times of the tasks, and the share of the time for which the workers ran them": () =>
    withPool(
      async (pool) => {
        const { waitTime, runTime, utilisation } = pool.stats();
        const none = { mean: 0, p50: 0, p90: 0, p99: 0, max: 0 };
        assert.deepEqual({ waitTime, runTime, utilisation }, { waitTime: none, runTime: none, utilisation: 0 });
        await pool.apply(add, [1, 1]);
        const begun = performance.now();
        // One worker runs them one after the other. So the last one waits while the others run.
        await Promise.all([60, 10, 10, 10].map((ms) => pool.apply(pidAfter, [ms])));
        const took = performance.now() - begun;
        const stats = pool.stats();
        checkTimes(stats.runTime, 0, took * OFF);
        assert.ok(stats.runTime.p50 >= 10 - EARLY_MS && stats.runTime.p50 < stats.runTime.max, JSON.stringify(stats.runTime));
        assert.ok(stats.runTime.max >= 60 - EARLY_MS, JSON.stringify(stats.runTime));
        checkTimes(stats.waitTime, 0, Number.POSITIVE_INFINITY);
        assert.ok(stats.utilisation > 0 && stats.utilisation <= 1, `${stats.utilisation}`);
        // A worker that has nothing to do is used less and less.
        await delay(50);
        assert.ok(pool.stats().utilisation < stats.utilisation);
        assert.deepEqual(pool.stats().runTime, stats.runTime);
      },
      { processes: 1 },
    ),
  "the error of a task whose worker died has the last lines of the worker's stderr, if that is a pipe": () =>
    withPool(
      async (pool) => {
        const error = (await rejects(pool.apply(speakAndExit), WorkerDiedError, /exit code 3/)) as WorkerDiedError;
        assert.deepEqual(
          error.stderr?.split("\n"),
          Array.from({ length: 10 }, (_, i) => `line ${i + 11}`),
        );
        assert.equal(await pool.apply(add, [1, 1]), 2);
      },
      { processes: 1, stderr: "pipe" },
    ),
  "without a pipe, the error of a task whose worker died has no stderr": () =>
    withPool(
      async (pool) => {
        const error = (await rejects(pool.apply(speakAndExit), WorkerDiedError)) as WorkerDiedError;
        assert.equal(error.stderr, undefined);
      },
      { processes: 1, stderr: "null" },
    ),
  "a broken pool tells the last lines of its last worker's stderr": slow(() =>
    withPool(
      async (pool) => {
        const error = await rejects(pool.apply(square, [1]), BrokenPoolError);
        assert.match((error.cause as Error).message, /exit code 4 .*no license/);
      },
      { processes: 1, initializer: speakAtStart, stderr: "pipe" },
    ),
  ),
};
