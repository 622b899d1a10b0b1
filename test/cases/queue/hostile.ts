import assert from "node:assert/strict";
import { getContext, Queue, SerializationError } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";

export const cases: Cases = {
  "an item that can't travel rejects its put and keeps no slot (test_queue_feeder_donot_stop_onexc)": async () => {
    const q = new Queue<unknown>({ maxsize: 1 });
    await rejects(q.put({ deep: [() => 1] }), SerializationError, /item\.deep\[0\]/);
    await q.put(true, { block: false });
    assert.equal(await q.qsize(), 1);
    assert.equal(await q.get(), true);
    assert.equal(await q.empty(), true);
  },
  "bad timeouts, signals and options are TypeErrors, and lose nothing": async () => {
    const q = new Queue<number>(1);
    for (const timeout of [Number.NaN, "1", {}, null]) {
      await rejects(q.get({ timeout: timeout as number }), TypeError, /timeout/);
      await rejects(q.put(1, { timeout: timeout as number }), TypeError, /timeout/);
    }
    await rejects(q.get({ signal: {} as AbortSignal }), TypeError, /signal/);
    await rejects(q.get({ block: 1 as never }), TypeError, /block/);
    await rejects(q.get(5 as never), TypeError);
    assert.equal(await q.empty(), true);
    await q.put(1);
    for (const timeout of [2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY]) {
      const putting = q.put(1, { timeout });
      assert.equal(await q.get({ timeout }), 1);
      await putting;
    }
  },
  "bad maxsize": async () => {
    for (const maxsize of ["1", null, {}, 5n, true]) assert.throws(() => new Queue({ maxsize: maxsize as number }), TypeError);
    for (const maxsize of [1.5, Number.NaN]) assert.throws(() => new Queue({ maxsize }), RangeError);
    assert.throws(() => new Queue("6" as never), TypeError);
    assert.throws(() => new Queue(null as never), TypeError);
    for (const maxsize of [0, -1, Number.POSITIVE_INFINITY]) {
      const q = new Queue(maxsize);
      await q.put(1);
      assert.equal(await q.full(), false);
    }
  },
  "sync twins are for the native backend": async () => {
    const q = new (getContext("spawn", { backend: "portable" }).Queue)<number>();
    assert.throws(() => q.getSync(), { name: "UnsupportedError" });
    assert.throws(() => q.putSync(1), { name: "UnsupportedError" });
    assert.throws(() => q.joinSync(), { name: "UnsupportedError" });
  },
};
