import { StateError, UnsupportedError } from "../errors/errors.ts";
import { describe } from "../util/describe.ts";
import type { Child } from "./child.ts";
import { type LaunchSettings, launch } from "./launch.ts";
import { takeSpare } from "./spares.ts";

export type StartMethod = "spawn" | "forkserver";

type Starter = (settings: LaunchSettings) => Promise<Child>;

const starters: Readonly<Record<StartMethod, Starter>> = { spawn: launch, forkserver: takeSpare };

/** What starts the children of this method. */
export function starterFor(method: StartMethod): Starter {
  return starters[method];
}

let chosen: StartMethod | undefined;

/** Checks a method's name. Throws `UnsupportedError` for "fork", `RangeError` for an unknown one. */
export function checkMethod(method: unknown): asserts method is StartMethod {
  if (method === "fork") {
    throw new UnsupportedError(
      '"fork" is refused: a JavaScript VM does not survive fork without exec. Use "spawn", or "forkserver" for a fast start.',
    );
  }
  if (typeof method !== "string" || !Object.hasOwn(starters, method)) {
    throw new RangeError(`The start method must be "spawn" or "forkserver", received ${describe(method)}.`);
  }
}

/** The method that new processes start by. */
export function startMethod(): StartMethod {
  return chosen ?? "spawn";
}

/**
 * The method that new processes start by. Asking fixes the default, as in Python, unless `allowNone`: then `null` while none is fixed.
 *
 * @example
 * ```ts
 * console.log(getStartMethod()); // "spawn"
 * ```
 */
export function getStartMethod(options: { readonly allowNone?: boolean } = {}): StartMethod | null {
  if (options.allowNone === true) return chosen ?? null;
  chosen ??= "spawn";
  return chosen;
}

/**
 * Fixes the method that new processes start by: once, unless `force`; `null` with `force` leaves it open again.
 *
 * @throws {StateError} if it is fixed already
 * @throws {UnsupportedError} for "fork"
 * @throws {RangeError} for an unknown method
 *
 * @example
 * ```ts
 * setStartMethod("forkserver", { force: true });
 * ```
 */
export function setStartMethod(method: StartMethod | null, options: { readonly force?: boolean } = {}): void {
  const force = options.force === true;
  if (chosen !== undefined && !force)
    throw new StateError(`The start method is fixed already ("${chosen}"): set it once, before anything asks, or pass { force: true }.`);
  if (method === null && force) {
    chosen = undefined;
    return;
  }
  checkMethod(method);
  chosen = method;
}

/** The methods there are, the default first. */
export function getAllStartMethods(): StartMethod[] {
  return Object.keys(starters) as StartMethod[];
}

const bound = Symbol("start method");

/** Binds a class to a start method: its processes start by it. */
export function bindStartMethod<C extends object>(Class: C, method: StartMethod): C {
  return Object.defineProperty(Class, bound, { value: method });
}

/** The start method that a class is bound to. */
export function boundStartMethod(Class: object): StartMethod | undefined {
  return (Class as { readonly [bound]?: StartMethod })[bound];
}
