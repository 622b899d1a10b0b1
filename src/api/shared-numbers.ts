// The types and checks that SharedValue and SharedArray share.
import { describe } from "../util/describe.ts";
import {
  isBigInt,
  isInteger,
  isNumberType,
  makeNumbers,
  NUMBER_TYPES,
  type NumberArray,
  type NumberType,
  type NumberValue,
} from "../util/number-types.ts";

/** The JavaScript type of a shared number: `bigint` for `i64` and `u64`, `number` for the other types. */
export type NumberOf<T extends NumberType> = T extends "i64" | "u64" ? bigint : number;

/** @ignore */
export interface ArrayTypes {
  i8: Int8Array;
  u8: Uint8Array;
  u8c: Uint8ClampedArray;
  i16: Int16Array;
  u16: Uint16Array;
  i32: Int32Array;
  u32: Uint32Array;
  i64: BigInt64Array;
  u64: BigUint64Array;
  f32: Float32Array;
  f64: Float64Array;
}

/** The typed array for a type of shared numbers: `Float64Array` for `f64`, and so on. */
export type ArrayOf<T extends NumberType> = ArrayTypes[T];

export function checkType(type: unknown): NumberType {
  if (isNumberType(type)) return type;
  const names = NUMBER_TYPES.map((each) => JSON.stringify(each)).join(", ");
  throw new TypeError(`The type must be one of ${names}, received ${describe(type)}.`);
}

export function checkNumber(type: NumberType, value: unknown, name: string): NumberValue {
  const wanted = isBigInt(type) ? "bigint" : "number";
  if (typeof value !== wanted) throw new TypeError(`${name} must be a ${wanted} (the type is ${type}), received ${describe(value)}.`);
  if (isInteger(type) && wanted === "number" && !Number.isInteger(value))
    throw new TypeError(`${name} must be a whole number (the type is ${type}), received ${value}.`);
  return value as NumberValue;
}

/** Checks values, and returns them as numbers of one type. */
export function numbersOf(type: NumberType, values: Iterable<unknown>): NumberArray {
  const checked = Array.from(values, (value, i) => checkNumber(type, value, `value ${i}`));
  const numbers = makeNumbers(type, checked.length);
  for (const [i, value] of checked.entries()) numbers[i] = value as never;
  return numbers;
}

export function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}
