/**
 * The type of a shared number: `i` is a signed and `u` an unsigned integer, `f` a floating-point number, each with its size in bits. A
 * number outside of the range wraps around, but `u8c` clamps it to 0 or 255.
 */
export type NumberType = "i8" | "u8" | "u8c" | "i16" | "u16" | "i32" | "u32" | "i64" | "u64" | "f32" | "f64";

/** One number: a BigInt for `i64` and `u64`. */
export type NumberValue = number | bigint;

/** Numbers of one type. */
export type NumberArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

interface NumberArrayClass {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): NumberArray;
  new (buffer: ArrayBuffer, offset: number, length: number): NumberArray;
}

const classes: Readonly<Record<NumberType, NumberArrayClass>> = {
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
};

export const NUMBER_TYPES: readonly string[] = Object.keys(classes);

export function isNumberType(type: unknown): type is NumberType {
  return typeof type === "string" && NUMBER_TYPES.includes(type);
}

export function bytesPerNumber(type: NumberType): number {
  return classes[type].BYTES_PER_ELEMENT;
}

/** Whether the type's numbers are BigInts. */
export function isBigInt(type: NumberType): boolean {
  return type === "i64" || type === "u64";
}

/** Whether the type's numbers are integers that wrap around. */
export function isInteger(type: NumberType): boolean {
  return type !== "f32" && type !== "f64" && type !== "u8c";
}

/** Makes an array of numbers, which are 0. */
export function makeNumbers(type: NumberType, length: number): NumberArray {
  return new classes[type](length);
}

/** Makes an array of numbers over a buffer, from a byte on; default: from the buffer's start. */
export function numbersOver(type: NumberType, buffer: ArrayBuffer, length: number, offset = 0): NumberArray {
  return new classes[type](buffer, offset, length);
}

/** Copies numbers of one type to others of the same type. The caller has checked that they fit. */
export function copyNumbers(from: NumberArray, to: NumberArray, start: number): void {
  (to as Uint8Array).set(from as Uint8Array, start);
}

/** Returns the number at an index, or 0 if the index is outside of the array. */
export function numberAt(numbers: NumberArray, index: number): NumberValue {
  return numbers[index] ?? 0;
}
