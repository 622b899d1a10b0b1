import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import {
  type CellType,
  ClosedError,
  getContext,
  Lock,
  OwnerDiedError,
  Queue,
  RLock,
  SharedArray,
  SharedValue,
  UnsupportedError,
} from "../../mod.ts";
import type { Cases } from "../suite/case.ts";
import { isNative, rejects, run, started } from "../suite/help.ts";
import { collectGarbage } from "../suite/leaks.ts";

const RUNTIMES = ["node", "deno", "bun"] as const;

const CLASSES = {
  i8: Int8Array,
  u8: Uint8Array,
  u8c: Uint8ClampedArray,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;
const TYPES = Object.keys(CLASSES) as CellType[];
const INTEGERS = ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64"] as const;

function bits(type: CellType): number {
  return CLASSES[type].BYTES_PER_ELEMENT * 8;
}

function isBig(type: CellType): type is "i64" | "u64" {
  return type === "i64" || type === "u64";
}

/** The whole number as the type has it. */
function of(type: CellType, value: bigint): never {
  return (isBig(type) ? value : Number(value)) as never;
}

/** The whole number as it is once the type has stored it: what two's complement says. */
function wrapped(type: CellType, value: bigint): never {
  return of(type, type.startsWith("i") ? BigInt.asIntN(bits(type), value) : BigInt.asUintN(bits(type), value));
}

export const cases: Cases = {
  "SharedValue: each type from its default, its first value, and what a child sets": async () => {
    for (const type of TYPES) {
      using zero = new SharedValue(type);
      assert.equal(await zero.get(), of(type, 0n));
      using value = new SharedValue(type, of(type, 7n));
      assert.equal(value.type, type);
      assert.equal(await value.get(), of(type, 7n));
      await value.set(of(type, 100n));
      assert.equal(await value.get(), of(type, 100n));
    }
    const values = TYPES.map((type) => new SharedValue(type, of(type, 1n)));
    assert.deepEqual(
      await run({ target: setAll, args: [values] }),
      TYPES.map((type) => of(type, 1n)),
    );
    for (const value of values) assert.equal(await value.get(), of(value.type, 3n));
    for (const value of values) value.close();
  },
  "SharedValue: add, sub, and, or, exchange give what there was, and wrap around": async () => {
    for (const type of INTEGERS) {
      const [least, most] = type.startsWith("i")
        ? [-(2n ** BigInt(bits(type) - 1)), 2n ** BigInt(bits(type) - 1) - 1n]
        : [0n, 2n ** BigInt(bits(type)) - 1n];
      using value = new SharedValue(type, of(type, most));
      const now = async (expected: bigint): Promise<void> => assert.equal(await value.get(), of(type, expected), type);
      assert.equal(await value.add(of(type, 1n)), of(type, most));
      await now(least);
      assert.equal(await value.sub(of(type, 1n)), of(type, least));
      await now(most);
      assert.equal(await value.sub(of(type, -1n)), of(type, most));
      await now(least);
      await value.set(of(type, 0b1100n));
      assert.equal(await value.and(of(type, 0b0110n)), of(type, 0b1100n));
      assert.equal(await value.or(of(type, 0b0001n)), of(type, 0b0100n));
      assert.equal(await value.exchange(of(type, 9n)), of(type, 0b0101n));
      await now(9n);
      assert.equal(await value.and(of(type, -1n)), of(type, 9n));
      assert.equal(await value.or(of(type, -1n)), of(type, 9n));
      assert.equal(await value.get(), wrapped(type, -1n));
    }
  },
  "SharedValue: operands that are too large wrap around before anything else": async () => {
    const large = [2n ** 53n, 2n ** 53n + 2n, -(2n ** 63n), 2n ** 64n + 3n * 2n ** 12n, 2n ** 31n, 2n ** 32n - 1n, 255n, 256n];
    for (const type of INTEGERS) {
      for (const operand of large) {
        using value = new SharedValue(type, of(type, 1n));
        await value.add(of(type, operand));
        assert.equal(await value.get(), wrapped(type, 1n + operand), `${type} + ${operand}`);
        await value.sub(of(type, operand));
        assert.equal(await value.get(), of(type, 1n), `${type} - ${operand}`);
        await value.or(of(type, operand));
        assert.equal(await value.get(), wrapped(type, 1n | operand), `${type} | ${operand}`);
        await value.set(of(type, operand));
        assert.equal(await value.get(), wrapped(type, operand), `${type} = ${operand}`);
        assert.equal(await value.compareExchange(of(type, operand), of(type, 5n)), wrapped(type, operand));
        assert.equal(await value.get(), of(type, 5n));
      }
    }
  },
  "SharedValue: compareExchange sets if, and only if, it is what was expected": async () => {
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
        using value = new SharedValue(type, of(type, before));
        const was = wrapped(type, before);
        assert.equal(await value.compareExchange(of(type, expected), of(type, wanted)), was, type);
        const same = wrapped(type, before) === wrapped(type, expected);
        assert.equal(await value.get(), same ? wrapped(type, wanted) : was, `${type} ${before} ${expected} ${wanted}`);
      }
    }
  },
  "SharedValue: floats keep NaN, -0, infinities and the smallest; they have no arithmetic": async () => {
    for (const type of ["f64", "f32"] as const) {
      const Class = CLASSES[type];
      for (const number of [Number.NaN, -0, 0, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE, 0.1, 2 ** -126]) {
        const stored = new Class([number])[0];
        using value = new SharedValue(type, number);
        assert.ok(Object.is(await value.get(), stored), `${type} ${number}`);
        assert.ok(Object.is(await value.exchange(0), stored));
        await value.set(number);
        assert.ok(Object.is(await value.get(), stored));
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
  "SharedValue: numbers of another type are refused, and change nothing": async () => {
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
  "SharedValue: adds of several processes at once, on each runtime, add up": async () => {
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
  },
  "SharedValue: a lock made of compareExchange keeps processes apart": async () => {
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
  },
  "SharedArray: for every type: length, get, set, slice; nothing else moves": async () => {
    for (const type of TYPES) {
      const values = [1n, 2n, 3n, 4n, 5n].map((value) => of(type, value));
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
      await array.set(1, of(type, 9n));
      await array.set(3, [of(type, 8n), of(type, 7n)]);
      await array.set(5, []);
      assert.deepEqual([...(await array.slice())], [values[0], of(type, 9n), values[2], of(type, 8n), of(type, 7n)]);
      await array.set(0, new CLASSES[type](5) as never);
      assert.ok((await array.slice()).every((value) => value === of(type, 0n)));
      // A slice is a copy.
      all.fill(of(type, 1n));
      assert.equal(await array.get(0), of(type, 0n));
    }
  },
  "SharedArray: from a length it is all zeros, also where memory is used again": async () => {
    for (let round = 0; round < 3; round++) {
      using array = new SharedArray("i32", 1000);
      assert.deepEqual(await array.slice(), new Int32Array(1000));
      await array.set(0, new Int32Array(1000).fill(round + 1));
      assert.equal(await array.get(999), round + 1);
    }
  },
  "SharedArray: from a generator, a Set, a typed array; stored as its type has it": async () => {
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
  "SharedArray: what can't be is refused, and sets nothing": async () => {
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
  "SharedArray: a large one crosses whole, in both directions": async () => {
    const count = 300_001;
    const values = Float64Array.from({ length: count }, (_, i) => i / 2);
    using array = new SharedArray("f64", values);
    assert.deepEqual(await run({ target: reverse, args: [array] }), count);
    assert.deepEqual(await array.slice(), values.toReversed());
    assert.deepEqual(await array.slice(count - 70_000, count - 1), values.toReversed().subarray(count - 70_000, count - 1));
  },
  "SharedArray: a prefix sum that a child makes equals our own": async () => {
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
  },
  "a child doubles values and arrays of all kinds, with and without a lock": async () => {
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
  },
  "the lock of an array: none, an RLock of its own, or the one that was given; it travels along": async () => {
    using plain = new SharedArray("i32", 1);
    assert.equal(plain.lock, undefined);
    using without = new SharedArray("i32", 1, { lock: false });
    assert.equal(without.lock, undefined);
    const own = new SharedArray("i32", 1, { lock: true });
    assert.ok(own.lock instanceof RLock);
    const lock = new Lock();
    const given = new SharedArray("i32", 1, { lock });
    assert.equal(given.lock, lock);
    const rlock = new RLock();
    using withRLock = new SharedArray("i32", 1, { lock: rlock });
    assert.equal(withRLock.lock, rlock);
    for (const wrong of [54, "lock", null, {}, new SharedValue("i32", 0)])
      assert.throws(() => new SharedArray("i32", 1, { lock: wrong as never }), /lock must be a boolean, a Lock or an RLock/);
    for (const array of [own, given]) {
      const times = isNative ? 500 : 100;
      const children = [];
      for (let i = 0; i < 2; i++) children.push(await started({ target: addUnderLock, args: [array, times] }));
      for (const child of children) await child.result({ timeout: 20_000 });
      for (const child of children) await child.join();
      assert.equal(await array.get(0), 2 * times);
    }
    own.close();
    await rejects(own.lock.acquire(), ClosedError);
    given.close();
    assert.equal(await lock.acquire(), true);
    await lock.release();
    lock.close();
    rlock.close();
  },
  "a given lock that came beside its array is closed by whoever closes it, not with the array": async () => {
    const q = new Queue<{ lock: Lock; array: SharedArray<"i32"> }>();
    const lock = new Lock();
    using array = new SharedArray("i32", 1, { lock });
    await q.put({ lock, array });
    const received = await q.get();
    assert.equal(received.array.lock, received.lock);
    received.array.close();
    assert.equal(await received.lock.acquire(), true);
    assert.equal(await lock.acquire({ timeout: 0 }), false);
    await received.lock.release();
    received.lock.close();
    lock.close();
  },
  "they travel through queues, deep inside, and stay themselves": async () => {
    const q = new Queue<{ deep: [SharedValue<"i32">, SharedArray<"f32">, SharedValue<"i32">] }>();
    const back = new Queue<unknown>();
    const value = new SharedValue("i32", 1);
    const array = new SharedArray("f32", [1, 2]);
    const child = await started({ target: useDeep, args: [q, back] });
    await q.put({ deep: [value, array, value] });
    assert.deepEqual(await back.get({ timeout: 20_000 }), { same: true, type: "f32", length: 2, was: 1 });
    await child.join();
    assert.equal(await value.get(), 5);
    assert.deepEqual(await array.slice(), new Float32Array([1, 8]));
    value.close();
    array.close();
  },
  "sent, closed by the sender, received: the numbers are there": async () => {
    const q = new Queue<unknown>();
    const value = new SharedValue("u8", 200);
    const array = new SharedArray("i16", [1, -2], { lock: true });
    await q.put({ value, array });
    value.close();
    array.close();
    const received = (await q.get()) as { value: SharedValue<"u8">; array: SharedArray<"i16"> };
    assert.equal(await received.value.add(100), 200);
    assert.equal(await received.value.get(), 44);
    assert.deepEqual(await received.array.slice(), new Int16Array([1, -2]));
    assert.equal(await received.array.lock?.acquire(), true);
    received.value.close();
    received.array.close();
  },
  "after close every call is refused": async () => {
    const value = new SharedValue("i32", 1);
    const array = new SharedArray("i32", 3, { lock: true });
    value.close();
    value.close();
    array.close();
    array.close();
    for (const call of [
      () => value.get(),
      () => value.set(1),
      () => value.add(1),
      () => value.exchange(1),
      () => value.compareExchange(1, 2),
      () => array.get(0),
      () => array.set(0, 1),
      () => array.slice(),
      () => new Queue().put(value),
      () => new Queue().put({ array }),
    ])
      await rejects(call(), ClosedError, /only before close\(\)/);
    assert.throws(() => array.view, ClosedError);
    assert.equal(array.length, 3);
    assert.equal(array.type, "i32");
    const disposed = new SharedValue("i32", 1);
    {
      using _value = disposed;
    }
    await rejects(disposed.get(), ClosedError);
  },
  "an object that is used and dropped does not end its own calls": async () => {
    const calls = Array.from({ length: 50 }, async (_, i) => (await new SharedArray("i32", [i]).slice())[0]);
    collectGarbage();
    assert.deepEqual(
      await Promise.all(calls),
      Array.from({ length: 50 }, (_, i) => i),
    );
  },
  "the maker's death: portable numbers are gone, and say so; native ones live on": async () => {
    const q = new Queue<[SharedValue<"i32">, SharedArray<"i32">]>();
    const child = await started({ target: makeAndGive, args: [q] });
    const [value, array] = await q.get({ timeout: 20_000 });
    assert.equal(await value.get(), 4);
    child.kill();
    await child.join();
    if (isNative) {
      assert.equal(await value.add(1), 4);
      assert.deepEqual(await array.slice(), new Int32Array([5, 6]));
    } else {
      await rejects(value.add(1), OwnerDiedError);
      await rejects(array.slice(), OwnerDiedError);
      await rejects(array.set(0, 1), OwnerDiedError);
    }
    value.close();
    array.close();
  },
  "a process that is killed in the middle of its calls leaves whole numbers, and nothing waits": async () => {
    const pairs = new SharedArray("f64", 2);
    const count = new SharedValue("i64", 0n);
    for (let round = 0; round < 4; round++) {
      const child = await started({ target: writePairs, args: [pairs, count] });
      const before = await count.get();
      while ((await count.get()) === before) await delay(2);
      child.kill();
      await child.join();
      const [a = 0, b = 1] = await pairs.slice();
      assert.ok(Number.isInteger(a) && Number.isInteger(b) && Math.abs(a - b) <= 1);
      await pairs.set(0, [0, 0]);
    }
    pairs.close();
    count.close();
  },
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

export async function setAll(values: readonly SharedValue[]): Promise<unknown[]> {
  const before = [];
  for (const value of values) {
    before.push(await value.get());
    await value.set(of(value.type, 3n));
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

export async function addUnderLock(array: SharedArray<"i32">, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await using _held = await array.lock?.hold();
    await array.set(0, (await array.get(0)) + 1);
  }
}

export async function useDeep(
  q: Queue<{ deep: [SharedValue<"i32">, SharedArray<"f32">, SharedValue<"i32">] }>,
  back: Queue<unknown>,
): Promise<void> {
  const {
    deep: [value, array, again],
  } = await q.get();
  const was = await value.exchange(5);
  await array.set(1, 8);
  await back.put({ same: value === again, type: array.type, length: array.length, was });
}

export async function makeAndGive(q: Queue<[SharedValue<"i32">, SharedArray<"i32">]>): Promise<void> {
  await q.put([new SharedValue("i32", 4), new SharedArray("i32", [5, 6])]);
  await new Promise(() => setInterval(() => {}, 1000));
}

export async function writePairs(pairs: SharedArray<"f64">, count: SharedValue<"i64">): Promise<void> {
  for (let i = 1; ; i++) {
    await pairs.set(0, [i, i]);
    await count.add(1n);
  }
}

export async function usePortable(value: SharedValue<"u32">, array: SharedArray<"i64">): Promise<number> {
  await using _held = await array.lock?.hold();
  await array.set(0, -1n);
  return value.add(2);
}
