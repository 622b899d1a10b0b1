import { symbolsOf } from "./fields.ts";
import { encodeNumbers } from "./numbers.ts";
import { MAX_STRING, Tag } from "./tags.ts";
import type { ValueEncoder } from "./value-encoder.ts";

// Plain objects with the same keys that lie one behind the other in an array travel as a table if no objects are inside: the keys once, and
// then the values of each key as a column. Most of the time of such objects goes to their keys otherwise, and to single strings.

/** Fewer rows are not worth a table. */
export const LEAST_ROWS = 24;
/** More rows make a further table, so that the rows of one lie in the processor's cache while its columns are filled in. */
const MOST_ROWS = 256;

/** Rows of one table. */
export interface RowRun {
  readonly rows: readonly object[];
  readonly keys: readonly string[];
  readonly columns: readonly (readonly unknown[])[];
}

/** Returns the rows that begin at `start` in a list. `undefined` if they are too few. */
export function rowsAt(list: readonly unknown[], start: number, length: number): RowRun | undefined {
  if (start + LEAST_ROWS > length) return undefined;
  const rows: object[] = [];
  const [first, last] = [list[start], list[start + LEAST_ROWS - 1]];
  if (!isPlain(first) || !isPlain(last)) return undefined;
  const end = Math.min(length, start + MOST_ROWS);
  try {
    const keys = Object.keys(first);
    if (keys.length === 0 || !hasKeys(last, keys)) return undefined;
    const columns = keys.map((): unknown[] => []);
    for (let i = start; i < end; i++) {
      const row = list[i];
      if (!isPlain(row) || !hasKeys(row, keys) || symbolsOf(row).length > 0 || !addCells(row, keys, columns)) break;
      rows.push(row);
    }
    if (rows.length < LEAST_ROWS) return undefined;
    return { rows, keys, columns };
  } catch {
    // A getter or a proxy has thrown. It does so again where the object is read by itself, and then the error names the place.
    return undefined;
  }
}

/** Writes the first `count` rows of a run as a table. */
export function encodeRows({ keys, columns }: RowRun, count: number, encoder: ValueEncoder, depth: number): void {
  const { out } = encoder;
  out.byte(Tag.rows);
  out.size(count);
  out.size(keys.length);
  for (const key of keys) out.string(key);
  for (const column of columns) {
    const cells = count < column.length ? column.slice(0, count) : column;
    if (!encodeNumbers(cells, out)) encoder.entries(cells, count, depth + 1);
  }
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.getPrototypeOf(value) === Object.prototype;
}

function hasKeys(row: object, keys: readonly string[]): boolean {
  const own = Object.keys(row);
  if (own.length !== keys.length) return false;
  for (let i = 0; i < own.length; i++) if (own[i] !== keys[i]) return false;
  return true;
}

// Returns false, and adds nothing, if a value of the row is an object or can't travel.
function addCells(row: Record<string, unknown>, keys: readonly string[], columns: readonly unknown[][]): boolean {
  for (let at = 0; at < keys.length; at++) {
    const cell = row[keys[at] as string];
    if (isCell(cell)) columns[at]?.push(cell);
    else {
      for (const column of columns.slice(0, at)) column.pop();
      return false;
    }
  }
  return true;
}

function isCell(value: unknown): boolean {
  switch (typeof value) {
    case "string":
      return value.length <= MAX_STRING;
    case "object":
      return value === null;
    case "function":
    case "symbol":
      return false;
    default:
      return true;
  }
}
