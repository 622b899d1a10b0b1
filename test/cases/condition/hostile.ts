import assert from "node:assert/strict";
import { Condition, Event, Lock, Queue, StateError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import { scribble, survives, withFile } from "../../suite/memory-file.ts";
import { onlyNative } from "../../suite/sync.ts";

export const cases: Cases = {
  "bad arguments": async () => {
    for (const lock of [null, 5, {}, new Event(), new Queue()]) assert.throws(() => new Condition(lock as never), TypeError);
    const cond = new Condition();
    await cond.acquire();
    for (const count of ["1", null, {}, 1n]) await rejects(cond.notify(count as never), TypeError);
    for (const count of [-1, 1.5, Number.NaN]) await rejects(cond.notify(count), RangeError);
    for (const timeout of [Number.NaN, "1", null]) await rejects(cond.wait({ timeout: timeout as number }), TypeError, /timeout/);
    await rejects(cond.wait(5 as never), TypeError);
    await cond.release();
    await rejects(cond.release(), StateError, /./);
    cond.close();
  },
  "random words in the memory of a condition: an error or a result, no crash, no endless loop": slow(async () => {
    onlyNative();
    for (let seed = 1; seed <= 10; seed++) {
      const lock = new Lock();
      const { object: cond, file } = withFile(() => new Condition(lock));
      await cond.acquire();
      const waiting = cond.wait({ timeout: 200 }).catch((error: unknown) => assert.ok(error instanceof Error));
      // The lock is free once the wait has begun.
      await lock.acquire();
      await lock.release();
      scribble(file, seed);
      await waiting;
      await survives([
        () => cond.notify(),
        () => cond.wait({ timeout: 20 }),
        async () => cond.waitSync({ timeout: 20 }),
        () => cond.notifyAll(),
      ]);
      cond.close();
      assert.equal(await lock.acquire({ block: false }), false, "the lock is another object");
      lock.close();
    }
  }),
};
