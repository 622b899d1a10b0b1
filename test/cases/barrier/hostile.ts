import assert from "node:assert/strict";
import { Barrier } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import { scribble, survives, withFile } from "../../suite/memory-file.ts";
import { onlyNative } from "../../suite/sync.ts";
import { partiesWait } from "./helpers.ts";

export const cases: Cases = {
  "bad arguments": async () => {
    for (const parties of ["2", null, undefined, {}, [2], true, 2n]) assert.throws(() => new Barrier(parties as never), TypeError);
    for (const parties of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])
      assert.throws(() => new Barrier(parties), RangeError);
    assert.throws(() => new Barrier(2, { action: 5 as never }), TypeError);
    for (const timeout of [Number.NaN, "1", null]) assert.throws(() => new Barrier(2, { timeout: timeout as never }), TypeError);
    const barrier = new Barrier(2);
    for (const timeout of [Number.NaN, "1", null]) await rejects(barrier.wait({ timeout: timeout as never }), TypeError);
    await rejects(barrier.wait(5 as never), TypeError);
    await rejects(barrier.wait({ action: 5 as never }), TypeError);
    assert.equal(await barrier.getWaiting(), 0);
    assert.equal(await barrier.isBroken(), false);
    barrier.close();
  },
  "random words in the memory of a barrier: an error or a result, no crash, no endless loop": slow(async () => {
    onlyNative();
    for (let seed = 1; seed <= 15; seed++) {
      const { object: barrier, file } = withFile(() => new Barrier(2));
      const waiting = barrier.wait({ timeout: 200 }).catch((error: unknown) => assert.ok(error instanceof Error));
      await partiesWait(barrier, 1);
      scribble(file, seed);
      await waiting;
      await survives([
        () => barrier.wait({ timeout: 20 }),
        async () => barrier.waitSync({ timeout: 20 }),
        () => barrier.getWaiting(),
        () => barrier.isBroken(),
        () => barrier.abort(),
        () => barrier.reset(),
      ]);
      barrier.close();
    }
  }),
};
