import { checkName } from "../manager/keys.ts";
import { ManagedObject, registerProxy } from "../manager/managed-object.ts";
import { ask } from "../manager/request.ts";
import { compute } from "../manager/targets.ts";
import type { ArgsAfter, ComputeTarget } from "../manager/types.ts";
import { checkWait, type WaitOptions } from "../util/wait-options.ts";

/**
 * An object whose fields many processes read and write. It lives in the server of a {@link Manager}, which makes it. Each call is one step.
 *
 * Each call rejects with {@link TimeoutError} if the server does not reply within its `timeout` (ms); with the reason of its `signal`; with
 * {@link OwnerDiedError} if the server is gone; with {@link ClosedError} after `close()`; with `SerializationError` for a value that can't
 * travel.
 *
 * @example
 * ```ts
 * await using manager = new Manager();
 * const config = await manager.namespace({ depth: 3 });
 * await config.set("depth", 4);
 * console.log(await config.get("depth")); // 4
 * ```
 */
export class Namespace<T extends object = Record<string, unknown>> extends ManagedObject {
  /** Returns a field, or `undefined` if there is none of this name. */
  async get<N extends keyof T & string>(name: N, options?: WaitOptions): Promise<T[N]> {
    return (await ask(this, "get", [checked(name)], checkWait(options))) as T[N];
  }

  /** Sets a field. */
  async set<N extends keyof T & string>(name: N, value: T[N], options?: WaitOptions): Promise<void> {
    await ask(this, "set", [checked(name), value], checkWait(options));
  }

  /** Deletes a field. Returns whether it was there. */
  async delete(name: keyof T & string, options?: WaitOptions): Promise<boolean> {
    return (await ask(this, "delete", [checked(name)], checkWait(options))) as boolean;
  }

  /** Returns a copy of all fields as they are at one moment. */
  async toObject(options?: WaitOptions): Promise<T> {
    return (await ask(this, "toObject", [], checkWait(options))) as T;
  }

  /**
   * Runs a function in the server on the present value of a field (`undefined` if there is none), and sets the field to what it returns. No
   * other call comes in between.
   *
   * @param target an exported, synchronous function, the URL of a module (its default export is meant), or a module and export
   * @param rest an array of its arguments behind the present value, and wait options; default: none
   * @returns the new value; `undefined` means that the field was deleted
   * @throws {TypeError} if the function returns a promise; nothing is changed then
   *
   * @example
   * ```ts
   * // export const increment = (n = 0): number => n + 1;
   * await using manager = new Manager();
   * const config = await manager.namespace({ depth: 1 });
   * console.log(await config.compute("depth", increment)); // 2
   * ```
   */
  compute<N extends keyof T & string, Args extends readonly unknown[] = readonly unknown[]>(
    name: N,
    target: ComputeTarget<T[N], Args, T[N] | undefined>,
    ...rest: [args?: ArgsAfter<Args>, options?: WaitOptions]
  ): Promise<T[N]> {
    return compute(this, target, "compute", (ref, args) => [checked(name), ref, args], rest) as Promise<T[N]>;
  }
}

registerProxy("namespace", Namespace);

function checked<N>(name: N): N {
  checkName(name);
  return name;
}
