import assert from "node:assert/strict";
import { Pipe, Pool, Process, SerializationError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import { add, countTo, initializeBy, initializedWith, pidAfter, square, typeName, withPool } from "./helpers.ts";

export class Sub extends Process {}

const INVALID: readonly [options: object, Class: typeof TypeError | typeof RangeError, message: RegExp][] = [
  [{ processes: 0 }, RangeError, /processes/],
  [{ processes: -1 }, RangeError, /processes/],
  [{ processes: 1.5 }, RangeError, /processes/],
  [{ processes: Number.NaN }, RangeError, /processes/],
  [{ processes: "2" }, TypeError, /processes/],
  [{ processes: { min: 3, max: 2 } }, RangeError, /minimum/],
  [{ processes: { max: 0 } }, RangeError, /processes.max/],
  [{ processes: { most: 1 } }, TypeError, /most/],
  [{ proceses: 2 }, TypeError, /did you mean processes/],
  [{ maxTasksPerChild: 0 }, RangeError, /maxTasksPerChild/],
  [{ maxTasksPerChild: "12" }, TypeError, /maxTasksPerChild/],
  [{ maxQueued: 0 }, RangeError, /maxQueued/],
  [{ initializer: 1 }, TypeError, /target/],
  [{ initArgs: "abc" }, TypeError, /initArgs/],
  [{ taskGrace: "1" }, TypeError, /taskGrace/],
];

export const cases: Cases = {
  "bad options are errors (test_make_pool, test_pool_maxtasksperchild_invalid)": async () => {
    for (const [options, Class, message] of INVALID) {
      assert.throws(
        () => new Pool(options as never),
        (error) => error instanceof Class && message.test(error.message),
        JSON.stringify(options),
      );
    }
    assert.throws(() => new Pool(4 as never), TypeError);
  },
  "bad arguments are errors, and the pool lives on": () =>
    withPool(async (pool) => {
      const closure = (): number => 1;
      await rejects(pool.apply(closure), Error, /export/);
      await rejects(pool.apply(countTo as never, [1] as never), TypeError, /iterate\(\)/);
      await rejects(pool.apply(Sub as never), TypeError, /subclass of Process/);
      await rejects(pool.apply(add, 1 as never), TypeError, /args/);
      await rejects(pool.apply(add, [1, 2], { timout: 1 } as never), TypeError, /did you mean timeout/);
      await rejects(pool.map(square, 5 as never), TypeError, /iterable/);
      await rejects(pool.map(square, [1], { chunkSize: 0 }), RangeError, /chunkSize/);
      assert.throws(() => pool.imap(square, [1], { lookAhead: 0 }), RangeError);
      await rejects(pool.apply(add, [1, 2], { retries: -1 }), RangeError, /retries/);
      const [end, other] = Pipe();
      const twice = { transfer: [end], retries: 1 };
      await rejects(pool.apply(typeName, [end], twice), TypeError, /transfer and retries exclude each other/);
      assert.throws(() => pool.iterate(countTo, [1], twice), { name: "TypeError", message: /transfer and retries/ });
      assert.equal(await pool.apply(typeName, [end], { transfer: [end], retries: 0 }), "object");
      other.close();
      assert.equal(await pool.apply(add, [1, 1]), 2);
    }),
  "an iterable that throws rejects the map (test_map_handle_iterable_exception)": () =>
    withPool(async (pool) => {
      for (const at of [0, 3, 50]) {
        const throwing = function* (): Generator<number> {
          for (let i = 0; i < at; i++) yield i;
          throw new RangeError(`at ${at}`);
        };
        await rejects(pool.map(square, throwing(), { chunkSize: 2 }), RangeError, new RegExp(`at ${at}`));
        const reading = async (): Promise<void> => {
          for await (const _ of pool.imap(square, throwing()));
        };
        await rejects(reading(), RangeError, new RegExp(`at ${at}`));
      }
      assert.deepEqual(await pool.map(square, [1, 2]), [1, 4]);
    }),
  "an iterable whose return() throws": () =>
    withPool(async (pool) => {
      const elements: Iterable<number> = {
        [Symbol.iterator]: () => ({
          next: () => ({ done: false, value: 1 }),
          return: () => {
            throw new RangeError("in return()");
          },
        }),
      };
      for await (const value of pool.imap(square, elements)) {
        assert.equal(value, 1);
        break;
      }
      assert.equal(await pool.apply(add, [1, 1]), 2);
    }),
  "a map over many elements in small chunks": slow(() =>
    withPool(async (pool) => {
      const results = await pool.map(square, Array(20_000).fill(3), { chunkSize: 1 });
      assert.equal(results.length, 20_000);
      assert.ok(results.every((result) => result === 9));
    }),
  ),
  "initArgs that can't travel, and initArgs that change later": async () => {
    assert.throws(
      () => new Pool({ initializer: initializeBy, initArgs: [{ deep: [() => {}] }] as never }),
      (error) => error instanceof SerializationError && error.path === "initArgs[0].deep[0]",
    );
    const options = { text: "as it was" };
    await withPool(
      async (pool) => {
        options.text = "changed";
        assert.equal(await pool.apply(initializedWith), "as it was");
      },
      { initializer: initializeBy, initArgs: [options] } as never,
    );
  },
  "elements of an array that changes during a map": () =>
    withPool(async (pool) => {
      const numbers = [1, 2, 3];
      const squares = pool.map(square, numbers);
      numbers.length = 0;
      assert.deepEqual(await squares, [1, 4, 9]);
    }),
  "10,000 tasks that wait are given up at once": slow(() =>
    withPool(async (pool) => {
      const controller = new AbortController();
      const blocked = [1, 2].map(() => pool.apply(pidAfter, [500]));
      const waiting = Array.from({ length: 10_000 }, () => pool.apply(add, [1, 1], { signal: controller.signal }));
      const outcomes = Promise.allSettled(waiting);
      controller.abort(new RangeError("all of them"));
      for (const outcome of await outcomes) assert.equal(outcome.status, "rejected");
      await Promise.all(blocked);
      assert.equal(await pool.apply(add, [1, 1]), 2);
    }),
  ),
};
