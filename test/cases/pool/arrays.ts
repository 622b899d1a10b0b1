import assert from "node:assert/strict";
import type { Cases } from "../../suite/case.ts";
import { isFilled } from "../../suite/help.ts";
import { square, typeName, withPool } from "./helpers.ts";

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const array: T[] = [];
  for await (const item of items) array.push(item);
  return array;
}

export function raised(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => byte + 1);
}

export const cases: Cases = {
  "large arguments and results arrive whole, one after another and many at once": () =>
    withPool(async (pool) => {
      const large = Array.from({ length: 12 }, (_, i) => new Uint8Array([100, 70_000, 1 << 20, 3 << 20][i % 4] ?? 0).fill(i));
      const oneByOne: Uint8Array[] = [];
      for (const bytes of large) oneByOne.push(await pool.apply(raised, [bytes]));
      const atOnce = await Promise.all(large.map((bytes) => pool.apply(raised, [bytes])));
      const mapped = await pool.map(raised, large, { chunkSize: 3 });
      for (const results of [oneByOne, atOnce, mapped])
        for (const [i, { length }] of large.entries()) {
          assert.ok(isFilled(results[i] as Uint8Array, length, i + 1), `result ${i}`);
        }
    }),
  "map takes any array: with holes, of numbers of all kinds, of a class of its own": () =>
    withPool(async (pool) => {
      const sparse: unknown[] = new Array(40);
      sparse[3] = 3;
      assert.deepEqual(
        await pool.map(typeName, sparse),
        Array.from(sparse, (each) => typeof each),
      );
      const numbers = [-0, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, -(2 ** 31), ...Array.from({ length: 50 }, (_, i) => i)];
      assert.deepEqual(await pool.map(square, numbers), numbers.map(square));
      class Odd extends Array<number> {
        override *[Symbol.iterator](): ArrayIterator<number> {
          yield* [1, 3];
        }
      }
      assert.deepEqual(await all(pool.imap(square, Odd.of(7, 8))), [1, 9]);
    }),
  "an array that becomes shorter while imap takes its elements ends there": () =>
    withPool(async (pool) => {
      const shrinking = Array.from({ length: 2000 }, (_, i) => i);
      const squares = pool.imap(square, shrinking, { lookAhead: 10 });
      assert.deepEqual(await squares.next(), { done: false, value: 0 });
      shrinking.length = 100;
      assert.deepEqual(await all(squares), shrinking.slice(1).map(square));
    }),
  "one element that can't travel, among many, fails alone": () =>
    withPool(async (pool) => {
      const elements: unknown[] = Array.from({ length: 100_000 }, (_, i) => i);
      elements[99_999] = () => {};
      await assert.rejects(pool.map(typeName, elements), { name: "SerializationError", index: 99_999 });
      assert.deepEqual(await pool.map(typeName, [1]), ["number"]);
    }),
  "of elements that can't travel, each fails alone, wherever they are": () =>
    withPool(async (pool) => {
      const isBad = (i: number): boolean => i === 0 || (i > 500 && i < 520) || i % 997 === 0 || i === 2999;
      const elements = Array.from({ length: 3000 }, (_, i) => (isBad(i) ? () => {} : i));
      for (const chunkSize of [undefined, 1, 7, 3000]) {
        const outcomes = await pool.map(typeName, elements, { settle: true, chunkSize });
        assert.deepEqual(
          outcomes.map(({ status }) => status),
          elements.map((each) => (typeof each === "number" ? "fulfilled" : "rejected")),
        );
      }
    }),
};
