import assert from "node:assert/strict";
import { getContext, SharedArray, SharedValue, UnsupportedError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { run } from "../../suite/help.ts";
import { CLASSES, numberOf, TYPES } from "../helpers/numbers.ts";
import { RUNTIMES } from "../helpers/runtimes.ts";

export async function reverse(array: SharedArray<"f64">): Promise<number> {
  const values = await array.slice();
  await array.set(0, values.reverse());
  return array.length;
}

export async function prefixSums(array: SharedArray<"i32">): Promise<void> {
  for (let i = 1; i < array.length; i++) await array.set(i, (await array.get(i)) + (await array.get(i - 1)));
}

export async function double(
  value: SharedValue<"i32">,
  large: SharedValue<"i64">,
  floats: SharedArray<"f64">,
  text: SharedArray<"u8">,
): Promise<void> {
  await value.set((await value.get()) * 2);
  await large.set((await large.get()) * 2n);
  await floats.lock?.acquire();
  await floats.set(
    0,
    (await floats.slice()).map((each) => each * 2),
  );
  await floats.lock?.release();
  await text.set(0, new TextEncoder().encode(new TextDecoder().decode(await text.slice()).toUpperCase()));
}

export async function usePortable(value: SharedValue<"u32">, array: SharedArray<"i64">): Promise<number> {
  await using _held = await array.lock?.hold();
  await array.set(0, -1n);
  return value.add(2);
}

export const cases: Cases = {
  "length, get, set, slice for every type; nothing else changes": slow(async () => {
    for (const type of TYPES) {
      const values = [1n, 2n, 3n, 4n, 5n].map((value) => numberOf(type, value));
      using array = new SharedArray(type, values);
      assert.equal(array.type, type);
      assert.equal(array.length, 5);
      assert.equal(await array.get(0), values[0]);
      assert.equal(await array.get(4), values[4]);
      const all = await array.slice();
      assert.equal(all.constructor, CLASSES[type]);
      assert.deepEqual([...all], values);
      assert.deepEqual([...(await array.slice(2))], values.slice(2));
      assert.deepEqual([...(await array.slice(1, 3))], values.slice(1, 3));
      assert.equal((await array.slice(5)).length, 0);
      assert.equal((await array.slice(2, 2)).length, 0);
      await array.set(1, numberOf(type, 9n));
      await array.set(3, [numberOf(type, 8n), numberOf(type, 7n)]);
      await array.set(5, []);
      assert.deepEqual([...(await array.slice())], [values[0], numberOf(type, 9n), values[2], numberOf(type, 8n), numberOf(type, 7n)]);
      await array.set(0, new CLASSES[type](5) as never);
      assert.ok((await array.slice()).every((value) => value === numberOf(type, 0n)));
      // A slice is a copy: changing it changes nothing in the array.
      all.fill(numberOf(type, 1n));
      assert.equal(await array.get(0), numberOf(type, 0n));
    }
  }),
  "an array from a length is all zeros, also in memory that is used again": async () => {
    for (let round = 0; round < 3; round++) {
      using array = new SharedArray("i32", 1000);
      assert.deepEqual(await array.slice(), new Int32Array(1000));
      await array.set(0, new Int32Array(1000).fill(round + 1));
      assert.equal(await array.get(999), round + 1);
    }
  },
  "an array from a generator, a Set, a typed array; numbers are stored as the type has them": async () => {
    const squares = function* (): Generator<number> {
      for (let i = 0; i < 4; i++) yield i * i;
    };
    using generated = new SharedArray("u8", squares());
    assert.deepEqual(await generated.slice(), new Uint8Array([0, 1, 4, 9]));
    using unique = new SharedArray("f32", new Set([0.5, 1.5]));
    assert.deepEqual(await unique.slice(), new Float32Array([0.5, 1.5]));
    using wide = new SharedArray("i16", new Float64Array([70_000, -1]));
    assert.deepEqual(await wide.slice(), new Int16Array([4464, -1]));
    using clamped = new SharedArray("u8c", [-1, 300, 1.5]);
    assert.deepEqual(await clamped.slice(), new Uint8ClampedArray([0, 255, 2]));
    using floats = new SharedArray("f64", [-0, Number.NaN, 0.1]);
    const [zero, nan, tenth] = await floats.slice();
    assert.ok(Object.is(zero, -0) && Number.isNaN(nan) && tenth === 0.1);
  },
  "a large array crosses whole, in both directions": async () => {
    const count = 300_001;
    const values = Float64Array.from({ length: count }, (_, i) => i / 2);
    using array = new SharedArray("f64", values);
    assert.deepEqual(await run({ target: reverse, args: [array] }), count);
    assert.deepEqual(await array.slice(), values.toReversed());
    assert.deepEqual(await array.slice(count - 70_000, count - 1), values.toReversed().subarray(count - 70_000, count - 1));
  },
  "a prefix sum that a child makes equals our own": slow(async () => {
    const values = [680, 626, 934, 821, 150, 233, 548, 982, 714, 831];
    for (const runtime of RUNTIMES) {
      using array = new SharedArray("i32", values);
      await run({ target: prefixSums, args: [array], runtime });
      let sum = 0;
      assert.deepEqual(
        [...(await array.slice())],
        values.map((value) => (sum += value)),
      );
    }
  }),
  "a child doubles values and arrays of all kinds, with and without a lock": slow(async () => {
    for (const lock of [false, true]) {
      const value = new SharedValue("i32", 7);
      const large = new SharedValue("i64", 2n ** 40n);
      const floats = new SharedArray("f64", [0, 1, 2, 3, 4.5], { lock });
      const text = new SharedArray("u8", new TextEncoder().encode("abcdef"), { lock });
      await run({ target: double, args: [value, large, floats, text] });
      assert.equal(await value.get(), 14);
      assert.equal(await large.get(), 2n ** 41n);
      assert.deepEqual(await floats.slice(), new Float64Array([0, 2, 4, 6, 9]));
      assert.equal(new TextDecoder().decode(await text.slice()), "ABCDEF");
      // A copy is independent.
      using copy = new SharedArray("f64", await floats.slice());
      await floats.set(0, 99);
      assert.equal(await copy.get(0), 0);
      for (const each of [value, large, floats, text]) each.close();
    }
  }),
  "portable numbers work in a tree of any backend, and have no view": async () => {
    const portable = getContext("spawn", { backend: "portable" });
    const value = new portable.SharedValue("u32", 2 ** 32 - 1);
    const array = new portable.SharedArray("i64", [1n, 2n], { lock: true });
    assert.ok(value instanceof SharedValue && array instanceof SharedArray);
    assert.throws(() => array.view, UnsupportedError);
    assert.throws(() => array.view, /get\(\), set\(\) and slice\(\)/);
    assert.equal(await run({ target: usePortable, args: [value, array] }), 2 ** 32 - 1);
    assert.equal(await value.get(), 1);
    assert.deepEqual(await array.slice(), new BigInt64Array([-1n, 2n]));
    value.close();
    array.close();
  },
};
