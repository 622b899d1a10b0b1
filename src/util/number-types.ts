import type { Cell, CellArray, CellType } from "../backend/contract/backend.ts";

type CellArrayClass = {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): CellArray;
  new (buffer: ArrayBuffer, offset: number, length: number): CellArray;
};

const classes: Readonly<Record<CellType, CellArrayClass>> = {
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

/** The names of all types of cells. */
export const CELL_TYPES: readonly string[] = Object.keys(classes);

export function isCellType(type: unknown): type is CellType {
  return typeof type === "string" && CELL_TYPES.includes(type);
}

export function bytesPerCell(type: CellType): number {
  return classes[type].BYTES_PER_ELEMENT;
}

/** Whether the type's cells are BigInts. */
export function isBig(type: CellType): boolean {
  return type === "i64" || type === "u64";
}

export function isInteger(type: CellType): boolean {
  return type !== "f32" && type !== "f64" && type !== "u8c";
}

/** New cells, all 0. */
export function makeCells(type: CellType, length: number): CellArray {
  return new classes[type](length);
}

/** Cells over memory. */
export function cellsOver(type: CellType, buffer: ArrayBuffer, length: number): CellArray {
  return new classes[type](buffer, 0, length);
}

/** Copies values of the same type; the caller has checked that they fit. */
export function copyCells(from: CellArray, to: CellArray, start: number): void {
  (to as Uint8Array).set(from as Uint8Array, start);
}

export function cellAt(cells: CellArray, index: number): Cell {
  return cells[index] ?? 0;
}
