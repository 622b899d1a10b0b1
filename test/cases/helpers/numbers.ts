// The types of shared numbers, and what each of them makes of a whole number.
import type { CellType } from "../../../mod.ts";

export const RUNTIMES = ["node", "deno", "bun"] as const;

export const CLASSES = {
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

export const TYPES = Object.keys(CLASSES) as CellType[];

export function bits(type: CellType): number {
  return CLASSES[type].BYTES_PER_ELEMENT * 8;
}

export function isBig(type: CellType): type is "i64" | "u64" {
  return type === "i64" || type === "u64";
}

/** The whole number as the type has it. */
export function numberOf(type: CellType, value: bigint): never {
  return (isBig(type) ? value : Number(value)) as never;
}

/** The whole number as it is once the type has stored it: what two's complement says. */
export function stored(type: CellType, value: bigint): never {
  return numberOf(type, type.startsWith("i") ? BigInt.asIntN(bits(type), value) : BigInt.asUintN(bits(type), value));
}
