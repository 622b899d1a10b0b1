// The types of shared numbers, and how each of them stores a whole number.
import type { NumberType } from "../../../mod.ts";

interface Classes {
  readonly i8: Int8ArrayConstructor;
  readonly u8: Uint8ArrayConstructor;
  readonly u8c: Uint8ClampedArrayConstructor;
  readonly i16: Int16ArrayConstructor;
  readonly u16: Uint16ArrayConstructor;
  readonly i32: Int32ArrayConstructor;
  readonly u32: Uint32ArrayConstructor;
  readonly i64: BigInt64ArrayConstructor;
  readonly u64: BigUint64ArrayConstructor;
  readonly f32: Float32ArrayConstructor;
  readonly f64: Float64ArrayConstructor;
}

/** The class of the typed array that holds numbers of each type. */
export const CLASSES: Classes = {
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

export const TYPES: readonly NumberType[] = Object.keys(CLASSES) as NumberType[];

/** How many bits a number of this type has. */
export function bits(type: NumberType): number {
  return CLASSES[type].BYTES_PER_ELEMENT * 8;
}

/** Whether the type holds bigints. */
function isBig(type: NumberType): type is "i64" | "u64" {
  return type === "i64" || type === "u64";
}

/** A whole number as users give it for this type: a bigint for the types of 64 bits. */
export function numberOf(type: NumberType, value: bigint): never {
  return (isBig(type) ? value : Number(value)) as never;
}

/** A whole number as the type stores it: in two's complement, without the bits that do not fit. */
export function stored(type: NumberType, value: bigint): never {
  return numberOf(type, type.startsWith("i") ? BigInt.asIntN(bits(type), value) : BigInt.asUintN(bits(type), value));
}
