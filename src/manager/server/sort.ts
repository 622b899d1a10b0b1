import type { Callable } from "../../target/target.ts";
import { describe } from "../../util/describe.ts";

/**
 * Returns the items in order, equal ones in their old order, also with `reverse`: numbers by size, and strings by their code units, as `<`
 * compares them.
 *
 * @param by returns the value by which an item is sorted; default: the item itself
 * @throws {TypeError} for values that have no order, or not the same kind of order
 */
export function sorted(items: readonly unknown[], reverse: boolean, by: Callable | undefined): unknown[] {
  if (items.length === 0) return [];
  const keys = by === undefined ? items : items.map((item) => (by as (item: unknown) => unknown)(item));
  // Nobody waits for them, and the first one is refused below.
  for (const key of keys) if (key instanceof Promise) key.catch(() => {});
  const kind = kindOf(keys[0], by);
  for (const key of keys) {
    if (kindOf(key, by) !== kind) throw new TypeError(`A list of ${kind}s and ${kindOf(key, by)}s has no order: give \`by\`.`);
  }
  const order = items.map((_, i) => i);
  const sign = reverse ? -1 : 1;
  order.sort((a, b) => sign * compare(keys[a] as number, keys[b] as number));
  return order.map((i) => items[i]);
}

function compare(one: number, other: number): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function kindOf(key: unknown, by: Callable | undefined): string {
  if (typeof key === "bigint" || (typeof key === "number" && !Number.isNaN(key))) return "number";
  if (typeof key === "string" || typeof key === "boolean") return typeof key;
  if (key === undefined && by === undefined) return "undefined item";
  if (key instanceof Date) return "date";
  throw new TypeError(
    `${describe(key)} has no order: give \`by\`, a function that returns a number or a string for ${by === undefined ? "an" : "each"} item.`,
  );
}
