import assert from "node:assert/strict";
import { Semaphore, StateError } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import { scribble, survives, withFile } from "../../suite/memory-file.ts";
import { onlyNative } from "../../suite/sync.ts";

export const cases: Cases = {
  "bad options": async () => {
    for (const value of ["1", null, {}, 5n, true]) {
      assert.throws(() => new Semaphore({ value: value as number }), TypeError);
      if (typeof value !== "object") assert.throws(() => new Semaphore(value as number), TypeError);
    }
    assert.throws(() => new Semaphore(null as never), TypeError);
    for (const value of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) assert.throws(() => new Semaphore(value), RangeError);
    assert.throws(() => new Semaphore({ robust: 1 as never }), TypeError);
    const full = new Semaphore(2 ** 31 - 1);
    await rejects(full.release(), StateError);
    full.close();
  },
  "random words in the memory of a semaphore: an error or a result, no crash, no endless loop": async () => {
    onlyNative();
    for (let seed = 1; seed <= 12; seed++) {
      const { object: semaphore, file } = withFile(() => new Semaphore({ value: 3, robust: seed % 2 === 0 }));
      await semaphore.acquire();
      scribble(file, seed);
      await survives([
        () => semaphore.acquire({ timeout: 50 }),
        async () => semaphore.acquireSync({ timeout: 50 }),
        () => semaphore.getValue(),
        () => semaphore.release(),
        () => semaphore.release(),
      ]);
      semaphore.close();
    }
  },
};
