import assert from "node:assert/strict";
import { SharedValue } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";

export const cases: Cases = {
  "numbers of another type are refused, and change nothing": async () => {
    using int = new SharedValue("i32", 5);
    using big = new SharedValue("i64", 5n);
    for (const wrong of ["1", 1n, null, undefined, {}, [1], true]) {
      await rejects(int.set(wrong as never), TypeError, /value must be a number \(the type is i32\)/);
      await rejects(int.add(wrong as never), TypeError);
      await rejects(int.compareExchange(wrong as never, 1), TypeError, /expected must be a number/);
      await rejects(int.compareExchange(5, wrong as never), TypeError);
    }
    for (const wrong of [1.5, Number.NaN, Infinity, -0.1]) {
      await rejects(int.set(wrong), TypeError, /whole number \(the type is i32\)/);
      await rejects(int.add(wrong), TypeError);
      await rejects(int.compareExchange(wrong, 1), TypeError);
      assert.throws(() => new SharedValue("u8", wrong), TypeError);
    }
    await rejects(big.set(1 as never), TypeError, /bigint/);
    await rejects(big.add("1" as never), TypeError);
    assert.equal(await int.get(), 5);
    assert.equal(await big.get(), 5n);
    for (const type of ["int", "I32", "", 32, null, undefined, "toString", {}])
      assert.throws(() => new SharedValue(type as never, 0 as never), /The type must be one of "i8", /);
    assert.throws(() => new SharedValue("i64", 0 as never), TypeError);
    assert.throws(() => new SharedValue("f32", "0" as never), TypeError);
  },
};
