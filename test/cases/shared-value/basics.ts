import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { SharedArray, SharedValue, UnsupportedError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isNative, rejects, run, started } from "../../suite/help.ts";
import { bits, CLASSES, numberOf, stored, TYPES } from "../helpers/numbers.ts";
import { RUNTIMES } from "../helpers/runtimes.ts";

const INTEGERS = ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64"] as const;

export async function setAll(values: readonly SharedValue[]): Promise<unknown[]> {
  const before = [];
  for (const value of values) {
    before.push(await value.get());
    await value.set(numberOf(value.type, 3n));
  }
  return before;
}

export async function addMany(int: SharedValue<"i32">, big: SharedValue<"u64">, small: SharedValue<"u16">, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await int.add(1);
    await big.add(2n ** 33n);
    await small.add(7);
  }
}

export async function spinAndAdd(guard: SharedValue<"u8">, cell: SharedArray<"f64">, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    while ((await guard.compareExchange(0, 1)) !== 0) await delay(0);
    await cell.set(0, (await cell.get(0)) + 1);
    assert.equal(await guard.exchange(0), 1);
  }
}

export const cases: Cases = {
  "each type with its default, its first value, and the value that a child sets": slow(async () => {
    for (const type of TYPES) {
      using zero = new SharedValue(type);
      assert.equal(await zero.get(), numberOf(type, 0n));
      using value = new SharedValue(type, numberOf(type, 7n));
      assert.equal(value.type, type);
      assert.equal(await value.get(), numberOf(type, 7n));
      await value.set(numberOf(type, 100n));
      assert.equal(await value.get(), numberOf(type, 100n));
    }
    const values = TYPES.map((type) => new SharedValue(type, numberOf(type, 1n)));
    assert.deepEqual(
      await run({ target: setAll, args: [values] }),
      TYPES.map((type) => numberOf(type, 1n)),
    );
    for (const value of values) assert.equal(await value.get(), numberOf(value.type, 3n));
    for (const value of values) value.close();
  }),
  "add, sub, and, or, exchange give the value before, and wrap around": async () => {
    for (const type of INTEGERS) {
      const [least, most] = type.startsWith("i")
        ? [-(2n ** BigInt(bits(type) - 1)), 2n ** BigInt(bits(type) - 1) - 1n]
        : [0n, 2n ** BigInt(bits(type)) - 1n];
      using value = new SharedValue(type, numberOf(type, most));
      const now = async (expected: bigint): Promise<void> => assert.equal(await value.get(), numberOf(type, expected), type);
      assert.equal(await value.add(numberOf(type, 1n)), numberOf(type, most));
      await now(least);
      assert.equal(await value.sub(numberOf(type, 1n)), numberOf(type, least));
      await now(most);
      assert.equal(await value.sub(numberOf(type, -1n)), numberOf(type, most));
      await now(least);
      await value.set(numberOf(type, 0b1100n));
      assert.equal(await value.and(numberOf(type, 0b0110n)), numberOf(type, 0b1100n));
      assert.equal(await value.or(numberOf(type, 0b0001n)), numberOf(type, 0b0100n));
      assert.equal(await value.exchange(numberOf(type, 9n)), numberOf(type, 0b0101n));
      await now(9n);
      assert.equal(await value.and(numberOf(type, -1n)), numberOf(type, 9n));
      assert.equal(await value.or(numberOf(type, -1n)), numberOf(type, 9n));
      assert.equal(await value.get(), stored(type, -1n));
    }
  },
  "operands that are too large wrap around before anything else": async () => {
    const large = [2n ** 53n, 2n ** 53n + 2n, -(2n ** 63n), 2n ** 64n + 3n * 2n ** 12n, 2n ** 31n, 2n ** 32n - 1n, 255n, 256n];
    for (const type of INTEGERS) {
      for (const operand of large) {
        using value = new SharedValue(type, numberOf(type, 1n));
        await value.add(numberOf(type, operand));
        assert.equal(await value.get(), stored(type, 1n + operand), `${type} + ${operand}`);
        await value.sub(numberOf(type, operand));
        assert.equal(await value.get(), numberOf(type, 1n), `${type} - ${operand}`);
        await value.or(numberOf(type, operand));
        assert.equal(await value.get(), stored(type, 1n | operand), `${type} | ${operand}`);
        await value.set(numberOf(type, operand));
        assert.equal(await value.get(), stored(type, operand), `${type} = ${operand}`);
        assert.equal(await value.compareExchange(numberOf(type, operand), numberOf(type, 5n)), stored(type, operand));
        assert.equal(await value.get(), numberOf(type, 5n));
      }
    }
  },
  "compareExchange sets the value if, and only if, it is the expected one": async () => {
    for (const type of INTEGERS) {
      for (const [before, expected, wanted] of [
        [0n, 0n, 1n],
        [0n, 1n, 2n],
        [1n, 0n, 2n],
        [5n, 5n, 5n],
        [5n, 5n, 0n],
        [100n, 100n, 3n],
        [-1n, -1n, 7n],
        [-1n, 1n, 7n],
      ] as const) {
        using value = new SharedValue(type, numberOf(type, before));
        const was = stored(type, before);
        assert.equal(await value.compareExchange(numberOf(type, expected), numberOf(type, wanted)), was, type);
        const same = stored(type, before) === stored(type, expected);
        assert.equal(await value.get(), same ? stored(type, wanted) : was, `${type} ${before} ${expected} ${wanted}`);
      }
    }
  },
  "floats keep NaN, -0, infinities and the smallest; they have no arithmetic": async () => {
    for (const type of ["f64", "f32"] as const) {
      const Class = CLASSES[type];
      for (const number of [Number.NaN, -0, 0, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE, 0.1, 2 ** -126]) {
        const expected = new Class([number])[0];
        using value = new SharedValue(type, number);
        assert.ok(Object.is(await value.get(), expected), `${type} ${number}`);
        assert.ok(Object.is(await value.exchange(0), expected));
        await value.set(number);
        assert.ok(Object.is(await value.get(), expected));
        await value.set(-0);
        assert.ok(Object.is(await value.get(), -0));
        await value.set(0);
        assert.ok(Object.is(await value.get(), 0));
      }
      using value = new SharedValue(type, 1);
      for (const call of [() => value.add(1), () => value.sub(1), () => value.and(1), () => value.or(1), () => value.compareExchange(1, 2)])
        await rejects(call(), UnsupportedError, /is for integers, and this is f.*Lock/);
      assert.equal(await value.get(), 1);
    }
    using clamped = new SharedValue("u8c", 300);
    assert.equal(await clamped.get(), 255);
    assert.equal(await clamped.exchange(-5), 255);
    assert.equal(await clamped.get(), 0);
    await clamped.set(1.5);
    assert.equal(await clamped.get(), 2);
    await rejects(clamped.add(1), UnsupportedError);
  },
  "adds of several processes at once, on each runtime, add up": slow(async () => {
    const times = isNative ? 20_000 : 1500;
    const values = [new SharedValue("i32", 0), new SharedValue("u64", 0n), new SharedValue("u16", 0)] as const;
    const children = [];
    for (const runtime of RUNTIMES) children.push(await started({ target: addMany, args: [...values, times], runtime }));
    for (const child of children) await child.result({ timeout: 25_000 });
    for (const child of children) await child.join();
    assert.equal(await values[0].get(), 3 * times);
    assert.equal(await values[1].get(), 3n * BigInt(times) * 2n ** 33n);
    assert.equal(await values[2].get(), (3 * times * 7) % 2 ** 16);
    for (const value of values) value.close();
  }),
  "a lock made of compareExchange keeps processes apart": slow(async () => {
    const times = isNative ? 300 : 60;
    const guard = new SharedValue("u8", 0);
    const cell = new SharedArray("f64", 1);
    const children = [];
    for (let i = 0; i < 3; i++) children.push(await started({ target: spinAndAdd, args: [guard, cell, times] }));
    for (const child of children) await child.result({ timeout: 25_000 });
    for (const child of children) await child.join();
    assert.deepEqual(await cell.slice(), new Float64Array([3 * times]));
    guard.close();
    cell.close();
  }),
};
