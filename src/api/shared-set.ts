import { checkKey, type Key } from "../manager/keys.ts";
import { ManagedObject, registerProxy } from "../manager/managed-object.ts";
import { ask } from "../manager/request.ts";
import { checkWait, type WaitOptions } from "../util/wait-options.ts";

/**
 * A set that many processes use. It lives in the server of a {@link Manager}, which makes it. Each call is one step. Its values are strings,
 * finite numbers, bigints and booleans.
 *
 * Each call rejects with {@link TimeoutError} if the server does not reply within its `timeout` (ms); with the reason of its `signal`; with
 * {@link OwnerDiedError} if the server is gone; with {@link ClosedError} after `close()`; with `TypeError` for another value.
 *
 * @example
 * ```ts
 * await using manager = new Manager();
 * const seen = await manager.set<string>();
 * console.log(await seen.add("a"), await seen.add("a")); // true false
 * ```
 */
export class SharedSet<T extends Key = Key> extends ManagedObject {
  /** Adds a value. Returns whether it is new, so that of many processes only one gets `true`. */
  async add(value: T, options?: WaitOptions): Promise<boolean> {
    return (await ask(this, "add", [checked(value)], checkWait(options))) as boolean;
  }

  /** Returns whether the set has a value. */
  async has(value: T, options?: WaitOptions): Promise<boolean> {
    return (await ask(this, "has", [checked(value)], checkWait(options))) as boolean;
  }

  /** Deletes a value. Returns whether it was there. */
  async delete(value: T, options?: WaitOptions): Promise<boolean> {
    return (await ask(this, "delete", [checked(value)], checkWait(options))) as boolean;
  }

  /** Returns the number of values. */
  async size(options?: WaitOptions): Promise<number> {
    return (await ask(this, "size", [], checkWait(options))) as number;
  }

  /** Returns all values, in the order in which they were added. */
  async values(options?: WaitOptions): Promise<T[]> {
    return (await ask(this, "values", [], checkWait(options))) as T[];
  }

  /** Deletes all values. */
  async clear(options?: WaitOptions): Promise<void> {
    await ask(this, "clear", [], checkWait(options));
  }

  /** Returns a copy of the set as it is at one moment. */
  async toSet(options?: WaitOptions): Promise<Set<T>> {
    return new Set(await this.values(options));
  }
}

registerProxy("set", SharedSet);

function checked<T>(value: T): T {
  checkKey(value, "A value of a set");
  return value;
}
