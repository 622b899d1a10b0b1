// The crashes that loky tries, at each place that a task passes. Each happens twice in one pool: in a call of the program, and in a call that the
// first one's rejection makes. Afterwards the pool works, and has lost as many workers as have ended.
import assert from "node:assert/strict";
import { type Pool, SerializationError, WorkerDiedError } from "../../../mod.ts";
import { type Case, type Cases, slow } from "../../suite/case.ts";
import { KILLED_ITSELF, rejects } from "../../suite/help.ts";
import { type Act, bomb, explode, type Place, pass } from "./bombs.ts";
import { add, exit, returnsFunction, square, withPool } from "./helpers.ts";

export function goOff(act: Act): Promise<void> {
  explode(act);
  return new Promise(() => {});
}

const LIMIT = { timeout: 25_000 };

function passing(act: Act, place: Place): (pool: Pool) => Promise<unknown> {
  return (pool) => pool.apply(pass, [bomb(act, place)], LIMIT);
}

type ErrorClass = abstract new (...args: never[]) => Error;

function twice(call: (pool: Pool) => Promise<unknown>, Class: ErrorClass, message: RegExp): Case {
  return () =>
    withPool(
      async (pool) => {
        const second = call(pool).then(
          () => assert.fail("it resolved"),
          async (error: unknown) => {
            await rejects(Promise.reject(error), Class, message);
            return rejects(call(pool), Class, message);
          },
        );
        await second;
        assert.deepEqual(await pool.map(square, [1, 2, 3]), [1, 4, 9]);
        assert.equal(await pool.apply(add, [1, 1]), 2);
        assert.equal(pool.stats().died, Class === WorkerDiedError ? 2 : 0);
      },
      { stdout: "null", stderr: "null" },
    );
}

const died = (call: (pool: Pool) => Promise<unknown>, how: RegExp): Case => slow(twice(call, WorkerDiedError, how));

export const cases: Cases = {
  "arguments that can't travel": twice((pool) => pool.apply(pass, [() => {}], LIMIT), SerializationError, /args\[0\]/),
  "encoding arguments throws": twice(passing("throw", "arguments in the parent"), Error, /a bomb/),
  "decoding arguments throws": twice(passing("throw", "arguments in the worker"), Error, /a bomb/),
  "decoding arguments exits": died(passing("exit", "arguments in the worker"), /exit code 5/),
  "decoding arguments aborts": died(passing("abort", "arguments in the worker"), /./),
  "decoding arguments kills": died(passing("kill", "arguments in the worker"), KILLED_ITSELF.text),
  "the target throws": twice((pool) => pool.apply(goOff, ["throw"], LIMIT), RangeError, /a bomb/),
  "the target exits with 0": died((pool) => pool.apply(exit, [0], LIMIT), /exit code 0/),
  "the target exits with 1": died((pool) => pool.apply(exit, [1], LIMIT), /exit code 1/),
  "the target aborts": died((pool) => pool.apply(goOff, ["abort"], LIMIT), /./),
  "the target is killed": died((pool) => pool.apply(goOff, ["kill"], LIMIT), KILLED_ITSELF.text),
  "a result that can't travel": twice((pool) => pool.apply(returnsFunction, [], LIMIT), SerializationError, /./),
  "encoding a result throws": twice(passing("throw", "result in the worker"), Error, /a bomb/),
  "encoding a result exits": died(passing("exit", "result in the worker"), /exit code 5/),
  "encoding a result kills": died(passing("kill", "result in the worker"), KILLED_ITSELF.text),
  "decoding a result throws": twice(passing("throw", "result in the parent"), Error, /a bomb/),
};
