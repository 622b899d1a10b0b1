import { arrayFor } from "../util/sized-array.ts";
import { Tag } from "./tags.ts";
import type { Writer } from "./writer.ts";

// An array of nothing but numbers travels as one block of memory, because a tag and a call for each number take most of the time otherwise.

/** Shorter arrays are not worth a block. */
const LEAST_NUMBERS = 16;

/** Writes an array of nothing but numbers. Returns false for one that is short, or has anything else inside; then nothing was written. */
export function encodeNumbers(array: readonly unknown[], out: Writer): boolean {
  const numbers = numbersOf(array);
  if (numbers === undefined) return false;
  out.byte(numbers instanceof Int32Array ? Tag.integers : Tag.floats);
  out.size(numbers.byteLength);
  out.raw(new Uint8Array(numbers.buffer));
  return true;
}

// Returns the numbers as integers if all are.
function numbersOf(array: readonly unknown[]): Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | undefined {
  if (array.length < LEAST_NUMBERS || typeof array[0] !== "number") return undefined;
  return integersOf(array) ?? floatsOf(array);
}

function integersOf(array: readonly unknown[]): Int32Array<ArrayBuffer> | undefined {
  const integers = new Int32Array(array.length);
  for (let i = 0; i < integers.length; i++) {
    const value = array[i];
    if (typeof value !== "number" || value !== (value | 0) || Object.is(value, -0)) return undefined;
    integers[i] = value;
  }
  return integers;
}

function floatsOf(array: readonly unknown[]): Float64Array<ArrayBuffer> | undefined {
  const floats = new Float64Array(array.length);
  for (let i = 0; i < floats.length; i++) {
    const value = array[i];
    if (typeof value !== "number") return undefined;
    floats[i] = value;
  }
  return floats;
}

/** Returns an array of these numbers. */
export function arrayOf(numbers: Int32Array | Float64Array): number[] {
  const { length } = numbers;
  const array = arrayFor<number>(length);
  for (let i = 0; i < length; i++) array[i] = numbers[i] as number;
  return array;
}
