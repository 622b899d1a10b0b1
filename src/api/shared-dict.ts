import { checkKey, type Key } from "../manager/keys.ts";
import { ManagedObject, registerProxy } from "../manager/managed-object.ts";
import { Status } from "../manager/outcome.ts";
import { ask, request } from "../manager/request.ts";
import { compute } from "../manager/targets.ts";
import type { ArgsAfter, ComputeTarget } from "../manager/types.ts";
import { describe } from "../util/describe.ts";
import { checkWait, type WaitOptions } from "../util/wait-options.ts";

export type { Key };

/** Pairs of keys and values, or an object whose fields are meant. */
export type DictEntries<K extends Key, V> = Iterable<readonly [K, V]> | Readonly<Record<string, V>>;

/**
 * A dict that many processes use. It lives in the server of a {@link Manager}, which makes it. Each call is one step. Keys are strings, finite
 * numbers, bigints and booleans. An item that is read is a copy: to change it, write it back, or use {@link SharedDict.compute}.
 *
 * Each call rejects with {@link TimeoutError} if the server does not reply within its `timeout` (ms); with the reason of its `signal`; with
 * {@link OwnerDiedError} if the server is gone; with {@link ClosedError} after `close()`; with `SerializationError` for a value that can't
 * travel.
 *
 * @example
 * ```ts
 * await using manager = new Manager();
 * const ages = await manager.dict([["Ada", 36]]);
 * await ages.set("Alan", 41);
 * console.log(await ages.get("Ada"), await ages.size()); // 36 2
 * ```
 */
export class SharedDict<K extends Key = Key, V = unknown> extends ManagedObject {
  /** Returns the value of a key. If the key is missing, returns `fallback`; default: `undefined`. */
  async get(key: K, fallback?: V, options?: WaitOptions): Promise<V | undefined> {
    const { status, value } = await request(this, "get", [checked(key)], checkWait(options));
    return status === Status.missing ? fallback : (value as V);
  }

  /** Sets the value of a key. */
  async set(key: K, value: V, options?: WaitOptions): Promise<void> {
    await ask(this, "set", [checked(key), value], checkWait(options));
  }

  /** Returns whether the dict has a key. */
  async has(key: K, options?: WaitOptions): Promise<boolean> {
    return (await ask(this, "has", [checked(key)], checkWait(options))) as boolean;
  }

  /** Deletes a key. Returns whether it was there. */
  async delete(key: K, options?: WaitOptions): Promise<boolean> {
    return (await ask(this, "delete", [checked(key)], checkWait(options))) as boolean;
  }

  /**
   * Deletes a key, and returns its value.
   *
   * @param rest what to return if the key is missing, and wait options; default: none
   * @throws {RangeError} if the key is missing, and nothing was given for that
   */
  async pop(key: K, ...rest: [fallback?: V, options?: WaitOptions]): Promise<V> {
    const { status, value } = await request(this, "pop", [checked(key)], checkWait(rest[1]));
    if (status !== Status.missing) return value as V;
    if (rest.length > 0) return rest[0] as V;
    throw new RangeError(`The dict has no key ${describe(key)}: give pop() a second argument, which it returns then.`);
  }

  /** Returns the value of a key. If the key is missing, sets it to `value` first. */
  async setDefault(key: K, value: V, options?: WaitOptions): Promise<V> {
    return (await ask(this, "setDefault", [checked(key), value], checkWait(options))) as V;
  }

  /** Sets all these entries in one step. */
  async update(entries: DictEntries<K, V>, options?: WaitOptions): Promise<void> {
    await ask(this, "update", [pairsOf(entries)], checkWait(options));
  }

  /** Returns the number of keys. */
  async size(options?: WaitOptions): Promise<number> {
    return (await ask(this, "size", [], checkWait(options))) as number;
  }

  /** Returns all keys, in the order in which they were set first. */
  async keys(options?: WaitOptions): Promise<K[]> {
    return (await ask(this, "keys", [], checkWait(options))) as K[];
  }

  /** Returns all values, in the order of their keys. */
  async values(options?: WaitOptions): Promise<V[]> {
    return (await ask(this, "values", [], checkWait(options))) as V[];
  }

  /** Returns all keys with their values. */
  async entries(options?: WaitOptions): Promise<[K, V][]> {
    return (await ask(this, "entries", [], checkWait(options))) as [K, V][];
  }

  /** Deletes all keys. */
  async clear(options?: WaitOptions): Promise<void> {
    await ask(this, "clear", [], checkWait(options));
  }

  /** Returns a copy of the dict as it is at one moment. */
  async toMap(options?: WaitOptions): Promise<Map<K, V>> {
    return new Map(await this.entries(options));
  }

  /**
   * Runs a function in the server on the present value of a key (`undefined` if it is missing), and sets the key to what the function returns.
   * No other call comes in between, so no update is lost, and no lock is needed.
   *
   * @param target an exported, synchronous function, the URL of a module (its default export is meant), or a module and export
   * @param rest an array of its arguments behind the present value, and wait options; default: none
   * @returns the new value; `undefined` means that the key was deleted
   * @throws {TypeError} if the function returns a promise; nothing is changed then
   * @throws what the function throws; nothing is changed then
   *
   * @example
   * ```ts
   * // export const increment = (n = 0): number => n + 1;
   * await using manager = new Manager();
   * const hits = await manager.dict<string, number>();
   * console.log(await hits.compute("home", increment)); // 1
   * ```
   */
  compute<Args extends readonly unknown[] = readonly unknown[]>(
    key: K,
    target: ComputeTarget<V | undefined, Args, V | undefined>,
    ...rest: [args?: ArgsAfter<Args>, options?: WaitOptions]
  ): Promise<V | undefined> {
    return compute(this, target, "compute", (ref, args) => [checked(key), ref, args], rest) as Promise<V | undefined>;
  }
}

registerProxy("dict", SharedDict);

function checked<K>(key: K): K {
  checkKey(key);
  return key;
}

/** Returns the entries that a dict is made of. Throws `TypeError` for anything else. */
export function pairsOf(entries: unknown): (readonly [unknown, unknown])[] {
  if (typeof entries !== "object" || entries === null)
    throw new TypeError(`The entries of a dict must be an object or [key, value] pairs, received ${describe(entries)}.`);
  const pairs = Symbol.iterator in entries ? [...(entries as Iterable<readonly [unknown, unknown]>)] : Object.entries(entries);
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new TypeError(`An entry of a dict must be [key, value], received ${describe(pair)}.`);
    checkKey(pair[0]);
  }
  return pairs;
}
