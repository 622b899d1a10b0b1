// A pool that its own tasks use: by the module that makes it, as an argument, and in a result.
import assert from "node:assert/strict";
import { BrokenPoolError, Manager, Process, Queue, SerializationError, StateError, setTreeLimits } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import { add, typeName, withPool } from "./helpers.ts";
import { own, ownWorkers, returnsPool, squareBelow, throwsPool } from "./own-pools.ts";

const DEFAULTS = { depth: 8 };

// Workers have theirs. This process does not use its own, and later cases look at what a process has.
own.terminate();

export const cases: Cases = {
  "a pool at the top level of its tasks' module starts no workers in a worker that does not use it": () =>
    withPool(async (pool) => {
      assert.equal(await pool.apply(ownWorkers), 0);
      assert.equal(await pool.apply(add, [1, 1]), 2);
    }),
  "a task may use the pool of its own module: that of its worker": slow(() =>
    withPool(async (pool) => {
      assert.equal(await pool.apply(squareBelow, [3, 1]), 9);
    }),
  ),
  "pools that use themselves without end break at the largest depth, and the error says so": () =>
    withPool(async (pool) => {
      try {
        setTreeLimits({ depth: 1 });
        const error = await rejects(pool.apply(squareBelow, [3, 1e9]), BrokenPoolError);
        assert.ok(error.cause instanceof StateError);
        assert.match(error.cause.message, /nested 1 deep/);
      } finally {
        setTreeLimits(DEFAULTS);
      }
      assert.equal(await pool.apply(add, [1, 1]), 2);
    }),
  "a pool does not travel, and lives on": () =>
    withPool(async (pool) => {
      const why = /can't travel: it is a Pool, which works only in the process that made it/;
      await rejects(pool.apply(typeName, [pool]), SerializationError, new RegExp(`^args\\[0\\] ${why.source}`));
      await rejects(pool.map(typeName, [1, { pool }]), SerializationError, why);
      await rejects(pool.apply(typeName as never, [1], { kwargs: { pool } } as never), SerializationError, why);
      await rejects(pool.apply(returnsPool), SerializationError, why);
      const error = (await rejects(pool.apply(throwsPool), RangeError, /with a pool/)) as Error & { own: string };
      assert.match(error.own, /^\[can't travel: it is a Pool/);
      const queue = new Queue<unknown>();
      await rejects(queue.put({ pool }), SerializationError, why);
      queue.close();
      assert.equal(await pool.apply(add, [1, 1]), 2);
    }),
  "nor do a process and a manager": () =>
    withPool(async (pool) => {
      await rejects(pool.apply(typeName, [new Process({ target: add, args: [1, 1] })]), SerializationError, /it is a Process.*pid/);
      await rejects(pool.apply(typeName, [new Manager()]), SerializationError, /it is a Manager.*objects that it has made/);
    }),
};
