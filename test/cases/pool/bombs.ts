import assert from "node:assert/strict";
import { currentTask, fromWire, parentProcess, registerClass, toWire, WorkerDiedError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import { add, withPool } from "./helpers.ts";

export type Act = "throw" | "exit" | "abort" | "kill";
export type Place = "arguments in the parent" | "arguments in the worker" | "result in the worker" | "result in the parent";

/** A value that goes off when it is decoded or encoded at one place. */
class Bomb {
  readonly act: Act;
  readonly place: Place;

  constructor(act: Act, place: Place) {
    this.act = act;
    this.place = place;
  }

  static [toWire]({ act, place }: Bomb): object {
    if (place === (isWorker() ? "result in the worker" : "arguments in the parent")) explode(act);
    return { act, place };
  }

  static [fromWire](data: { act: Act; place: Place }): Bomb {
    if (data.place === (isWorker() ? "arguments in the worker" : "result in the parent")) explode(data.act);
    return new Bomb(data.act, data.place);
  }
}
registerClass(Bomb);

/** Makes a value that goes off when it is decoded or encoded at one place. */
export function bomb(act: Act, place: Place): object {
  return new Bomb(act, place);
}

function isWorker(): boolean {
  return parentProcess() !== null;
}

/** Does what a bomb does. */
export function explode(act: Act): void {
  if (act === "abort") process.abort();
  if (act === "exit") process.exit(5);
  if (act === "kill") process.kill(process.pid, "SIGKILL");
  throw new RangeError("a bomb");
}

export function pass(value: unknown): unknown {
  return value;
}

export async function reportsBomb(): Promise<string> {
  await currentTask()?.report(new Bomb("throw", "result in the parent"));
  return "reported";
}

export async function reportsBombAt(x: number): Promise<number> {
  if (x === 0) await reportsBomb();
  return x;
}

export function* yieldsBombs(): Generator<unknown> {
  yield "before";
  for (let i = 0; i < 40; i++) yield new Bomb("throw", "result in the parent");
}

/** Passes a bomb through a pool. Afterwards the pool works. */
function goesOff(act: Act, place: Place): () => Promise<void> {
  return () =>
    withPool(
      async (pool) => {
        const call = pool.apply(pass, [new Bomb(act, place)], { timeout: 20_000 });
        await (act === "throw" ? rejects(call, Error, /a bomb/) : rejects(call, WorkerDiedError));
        assert.ok(pool.stats().died <= 1, `${pool.stats().died} workers died`);
        assert.equal(await pool.apply(add, [1, 1]), 2);
      },
      { stdout: "null", stderr: "null" },
    );
}

export const cases: Cases = {
  "decoding arguments throws (test_error_at_task_unpickle)": goesOff("throw", "arguments in the worker"),
  "decoding arguments exits (test_exit_at_task_unpickle)": slow(goesOff("exit", "arguments in the worker")),
  "decoding arguments crashes (test_crash_at_task_unpickle)": slow(goesOff("abort", "arguments in the worker")),
  "encoding a result throws (test_error_during_result_pickle_on_worker)": goesOff("throw", "result in the worker"),
  "encoding a result exits (test_exit_during_result_pickle_on_worker)": slow(goesOff("exit", "result in the worker")),
  "encoding a result crashes (test_crash_during_result_pickle_on_worker)": slow(goesOff("abort", "result in the worker")),
  "decoding a result throws (test_error_during_result_unpickle_in_result_handler)": goesOff("throw", "result in the parent"),
  "decoding a report throws: its call rejects, and its task goes on": () =>
    withPool(async (pool) => {
      await rejects(pool.apply(reportsBomb, [], { onReport: () => {} }), Error, /a bomb/);
      assert.equal(await pool.apply(add, [1, 1]), 2);
    }),
  "decoding a report of a map throws: the map rejects, also with settle": () =>
    withPool(async (pool) => {
      await rejects(pool.map(reportsBombAt, [0, 1], { settle: true, chunkSize: 1, onReport: () => {} }), Error, /a bomb/);
      assert.equal(await pool.apply(add, [1, 1]), 2);
    }),
  "decoding a value of a generator throws: the iteration ends with that error after the values before it": () =>
    withPool(async (pool) => {
      const values = pool.iterate(yieldsBombs);
      assert.equal((await values.next()).value, "before");
      await rejects(values.next(), Error, /a bomb/);
      assert.equal((await values.next()).done, true);
      assert.equal(await pool.apply(add, [1, 1]), 2);
    }),
};
