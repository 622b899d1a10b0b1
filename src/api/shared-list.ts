import { ManagedObject, registerProxy } from "../manager/managed-object.ts";
import { ask } from "../manager/request.ts";
import { compute, loadTarget } from "../manager/targets.ts";
import type { ArgsAfter, ComputeTarget } from "../manager/types.ts";
import { callerModules } from "../target/callers.ts";
import { checkTarget } from "../target/target.ts";
import { describe } from "../util/describe.ts";
import { optionNames, refuseUnknown } from "../util/known-options.ts";
import { checkWait, timeLeft, WAIT_OPTIONS, type WaitOptions } from "../util/wait-options.ts";

/** Options of {@link SharedList.sort}. */
export interface SortOptions<T> extends WaitOptions {
  /** Whether the largest comes first. Equal items keep their order. Default `false`. */
  readonly reverse?: boolean;
  /** An exported, synchronous function, which returns the value by which an item is sorted. Default: the item itself. */
  readonly by?: ComputeTarget<T, [], string | number | bigint | boolean | Date>;
}

const SORT_OPTIONS: readonly string[] = [
  ...WAIT_OPTIONS,
  ...optionNames<Omit<SortOptions<unknown>, "timeout" | "signal">>({ reverse: true, by: true }),
];

/**
 * A list that many processes use. It lives in the server of a {@link Manager}, which makes it. Each call is one step. As in Python, a negative
 * index counts from the end. An item that is read is a copy: to change it, write it back, or use {@link SharedList.compute}.
 *
 * Each call rejects with {@link TimeoutError} if the server does not reply within its `timeout` (ms); with the reason of its `signal`; with
 * {@link OwnerDiedError} if the server is gone; with {@link ClosedError} after `close()`; with `SerializationError` for a value that can't
 * travel.
 *
 * @example
 * ```ts
 * await using manager = new Manager();
 * const list = await manager.list([3, 1]);
 * await list.append(2);
 * await list.sort();
 * console.log(await list.toArray()); // [ 1, 2, 3 ]
 * ```
 */
export class SharedList<T = unknown> extends ManagedObject {
  /**
   * Returns the item at an index.
   *
   * @throws {RangeError} if the index is out of range
   */
  async at(index: number, options?: WaitOptions): Promise<T> {
    return (await ask(this, "at", [index], checkWait(options))) as T;
  }

  /**
   * Replaces the item at an index.
   *
   * @throws {RangeError} if the index is out of range
   */
  async set(index: number, value: T, options?: WaitOptions): Promise<void> {
    await ask(this, "set", [index, value], checkWait(options));
  }

  /** Adds an item at the end. */
  async append(value: T, options?: WaitOptions): Promise<void> {
    await ask(this, "append", [value], checkWait(options));
  }

  /** Adds all these items at the end, in one step. */
  async extend(items: Iterable<T>, options?: WaitOptions): Promise<void> {
    await ask(this, "extend", [itemsOf(items)], checkWait(options));
  }

  /** Adds an item before the one at an index. An index out of range means the nearest end. */
  async insert(index: number, value: T, options?: WaitOptions): Promise<void> {
    await ask(this, "insert", [index, value], checkWait(options));
  }

  /**
   * Removes an item, and returns it.
   *
   * @param index default: that of the last item
   * @throws {RangeError} if the index is out of range, as every index of an empty list is
   */
  async pop(index = -1, options?: WaitOptions): Promise<T> {
    return (await ask(this, "pop", [index], checkWait(options))) as T;
  }

  /**
   * Removes the first item that equals a value. Objects are compared by their contents. One with a shared object inside equals no other.
   *
   * @throws {RangeError} if there is none
   */
  async remove(value: T, options?: WaitOptions): Promise<void> {
    await ask(this, "remove", [value], checkWait(options));
  }

  /** Returns the index of the first item that equals a value, or -1. Objects are compared as in `remove`. */
  async indexOf(value: T, options?: WaitOptions): Promise<number> {
    return (await ask(this, "indexOf", [value], checkWait(options))) as number;
  }

  /** Returns the number of items. */
  async length(options?: WaitOptions): Promise<number> {
    return (await ask(this, "length", [], checkWait(options))) as number;
  }

  /** Returns a copy of a part, like `Array.prototype.slice`. */
  async slice(start?: number, end?: number, options?: WaitOptions): Promise<T[]> {
    return (await ask(this, "slice", [start, end], checkWait(options))) as T[];
  }

  /**
   * Sorts the list in its place: numbers by size, strings by their code units. Equal items keep their order.
   *
   * @param options `reverse`, `by`, `timeout`, `signal`: see {@link SortOptions}
   * @throws {TypeError} for items that have no order; nothing is changed then
   */
  async sort(options: SortOptions<T> = {}): Promise<void> {
    if (typeof options !== "object" || options === null)
      throw new TypeError(`sort() takes { reverse?, by? }, received ${describe(options)}.`);
    refuseUnknown(options, SORT_OPTIONS, "sort()");
    const { reverse = false, by } = options;
    if (typeof reverse !== "boolean") throw new TypeError(`reverse must be a boolean, received ${describe(reverse)}.`);
    const left = timeLeft(checkWait(options, SORT_OPTIONS));
    if (by !== undefined) checkTarget(by);
    const ref = by === undefined ? undefined : await loadTarget(this, by, callerModules, left());
    await ask(this, "sort", [reverse, ref], left());
  }

  /** Reverses the list in its place. */
  async reverse(options?: WaitOptions): Promise<void> {
    await ask(this, "reverse", [], checkWait(options));
  }

  /** Removes all items. */
  async clear(options?: WaitOptions): Promise<void> {
    await ask(this, "clear", [], checkWait(options));
  }

  /** Returns a copy of the list as it is at one moment. */
  async toArray(options?: WaitOptions): Promise<T[]> {
    return (await ask(this, "toArray", [], checkWait(options))) as T[];
  }

  /**
   * Runs a function in the server on the item at an index, and puts what it returns in the item's place. No other call comes in between.
   *
   * @param target an exported, synchronous function, the URL of a module (its default export is meant), or a module and export
   * @param rest an array of its arguments behind the item, and wait options; default: none
   * @returns the new item
   * @throws {RangeError} if the index is out of range, or if the function returns `undefined`; nothing is changed then
   * @throws {TypeError} if the function returns a promise; nothing is changed then
   *
   * @example
   * ```ts
   * // export const add = (a: number, b: number): number => a + b;
   * await using manager = new Manager();
   * const totals = await manager.list([1]);
   * console.log(await totals.compute(0, add, [5])); // 6
   * ```
   */
  compute<Args extends readonly unknown[] = readonly unknown[]>(
    index: number,
    target: ComputeTarget<T, Args, T>,
    ...rest: [args?: ArgsAfter<Args>, options?: WaitOptions]
  ): Promise<T> {
    return compute(this, target, "compute", (ref, args) => [index, ref, args], rest) as Promise<T>;
  }
}

registerProxy("list", SharedList);

/** Returns the items that a list or set is made of. Throws `TypeError` for what is no iterable. */
export function itemsOf<T>(items: Iterable<T>): T[] {
  if (typeof items === "string" || typeof (items as Partial<Iterable<T>> | null | undefined)?.[Symbol.iterator] !== "function")
    throw new TypeError(`The items must be an array or another iterable, received ${describe(items)}.`);
  return [...items];
}
