import { Buffer } from "node:buffer";
import { isDeepStrictEqual } from "node:util";
import { classOf, toWire } from "../../codec/classes.ts";
import { encode } from "../../codec/encode.ts";
import { describe } from "../../util/describe.ts";
import { computed } from "./compute.ts";
import type { Host } from "./host.ts";
import { type Servant, servantOf } from "./servant.ts";
import { sorted } from "./sort.ts";

/** A list in its server. */
export function listServant(items: readonly unknown[], host: Host): Servant {
  let list = [...array(items)];
  return servantOf("A list", {
    at: (index: number) => list[position(index, list.length)],
    set: (index: number, value: unknown) => {
      list[position(index, list.length)] = value;
    },
    append: (value: unknown) => void list.push(value),
    extend: (more: readonly unknown[]) => {
      list = list.concat(array(more));
    },
    insert: (index: number, value: unknown) => void list.splice(whole(index), 0, value),
    pop: (index: number) => list.splice(position(index, list.length), 1)[0],
    remove: (value: unknown) => {
      const index = list.findIndex((each) => isSame(each, value));
      if (index < 0) throw new RangeError("The list has no such value: nothing was removed.");
      list.splice(index, 1);
    },
    indexOf: (value: unknown) => list.findIndex((each) => isSame(each, value)),
    length: () => list.length,
    slice: (start?: number, end?: number) => list.slice(start, end),
    sort: (reverse: boolean, target: unknown) => {
      list = sorted(list, reverse, target === undefined ? undefined : host.target(target));
    },
    reverse: () => void list.reverse(),
    clear: () => {
      list = [];
    },
    toArray: () => list,
    compute: (index: number, target: unknown, args: readonly unknown[]) => {
      const at = position(index, list.length);
      const value = computed(host.target(target), list[at], args);
      if (value === undefined)
        throw new RangeError("The function returned undefined, which can't stand for an item of a list: nothing was changed.");
      list[at] = value;
      return value;
    },
  });
}

// An object that came in a call is a copy, so it is compared by its contents.
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== typeof other || !isDeepStrictEqual(one, other)) return false;
  return typeof one !== "object" || one === null || hasNoSecrets(one, other as object);
}

// Shared objects, and instances of a class with [toWire], may keep to themselves in what they differ. A shared object is the same as itself alone.
function hasNoSecrets(one: object, other: object): boolean {
  const { bytes, shared } = encode(one);
  if (shared.length > 0) return false;
  const prototype: object | null = Object.getPrototypeOf(one);
  const Class = prototype === null ? undefined : classOf(prototype);
  return Class?.[toWire] === undefined || Buffer.compare(bytes, encode(other).bytes) === 0;
}

function array(items: unknown): readonly unknown[] {
  if (!Array.isArray(items)) throw new TypeError(`The items must be an array, received ${describe(items)}.`);
  return items;
}

function whole(index: unknown): number {
  if (!Number.isSafeInteger(index)) throw new TypeError(`An index must be a whole number, received ${describe(index)}.`);
  return index as number;
}

/** Checks an index. As in Python, a negative one counts from the end. */
function position(index: unknown, length: number): number {
  const given = whole(index);
  const at = given < 0 ? given + length : given;
  if (at >= 0 && at < length) return at;
  throw new RangeError(`The index ${given} is out of range: the list has ${length === 1 ? "1 item" : `${length} items`}.`);
}
