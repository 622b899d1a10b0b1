import assert from "node:assert/strict";
import { SharedArray } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";

export const cases: Cases = {
  "bad lengths, values and indexes are refused, and set nothing": async () => {
    for (const length of [0, -1, 1.5, Number.NaN, Infinity, 2 ** 53])
      assert.throws(() => new SharedArray("u8", length), RangeError, String(length));
    assert.throws(() => new SharedArray("u8", []), RangeError);
    for (const wrong of ["12", undefined, null, {}, { length: 2 }, true, 1n])
      assert.throws(() => new SharedArray("u8", wrong as never), /takes its length or its values/);
    assert.throws(() => new SharedArray("u8", [1, "2"] as never), /value 1 must be a number/);
    assert.throws(() => new SharedArray("u8", [1, 1.5]), /value 1 must be a whole number/);
    assert.throws(() => new SharedArray("i64", [1] as never), /value 0 must be a bigint/);
    assert.throws(() => new SharedArray("nothing" as never, 1), /The type must be one of/);
    using array = new SharedArray("i32", [1, 2, 3]);
    for (const index of [-1, 3, 1.5, Number.NaN, Infinity, 2 ** 53, 2 ** 32]) {
      await rejects(array.get(index), RangeError, /index must be a whole number from 0 to 2/);
      await rejects(array.set(index, 9), RangeError);
      await rejects(array.slice(index > 2 ? index + 1 : index), RangeError);
      await rejects(array.slice(0, index > 2 ? index + 1 : index), RangeError);
    }
    await rejects(array.slice(2, 1), RangeError);
    await rejects(array.set(1, [7, 8, 9]), RangeError, /from 0 to 0/);
    await rejects(array.set(0, [7, 8, 9, 10]), RangeError, /4 values don't fit into an array of 3/);
    for (const index of ["0", undefined, null, {}, 0n]) {
      await rejects(array.get(index as never), TypeError, /index must be a number/);
      await rejects(array.set(index as never, 9), TypeError);
    }
    for (const wrong of ["9", undefined, null, {}, { length: 1 }, 1n, [1, "2"], [1, 0.5], 0.5])
      await rejects(array.set(0, wrong as never), TypeError);
    assert.deepEqual(await array.slice(), new Int32Array([1, 2, 3]));
  },
  "more numbers than the machine has memory for": async () => {
    for (const length of [2 ** 40, 2 ** 45]) assert.throws(() => new SharedArray("u8", length), Error);
    for (const length of [0, -1, 1.5, Number.NaN, 2 ** 53]) assert.throws(() => new SharedArray("f64", length), RangeError);
  },
};
