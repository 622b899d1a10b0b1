import { StateError, UnsupportedError } from "../errors/errors.ts";
import { describe } from "../util/describe.ts";
import { refuseUnknown } from "../util/known-options.ts";
import { type LaunchSettings, launch, planLaunch } from "./launch.ts";
import type { Planner } from "./planner.ts";
import type { RunningChild } from "./running-child.ts";
import { planSpare } from "./spares.ts";

/**
 * The way in which children start: "spawn" starts a new runtime for each, "forkserver" takes a runtime that was started ahead, if the
 * environment, the working folder and the settings are still those with which it was started. Use "spawn" in a program that changes them
 * before each start, and in a Deno program without `--allow-env`, which can't know whether its environment has changed.
 */
export type StartMethod = "spawn" | "forkserver";

const planners: Readonly<Record<StartMethod, Planner>> = { spawn: planSpawn, forkserver: planSpare };

function planSpawn(settings: LaunchSettings): () => Promise<RunningChild> {
  const plan = planLaunch(settings);
  return () => launch(plan);
}

/** Returns the function that plans starts by this method. */
export function plannerFor(method: StartMethod): Planner {
  return planners[method];
}

let chosen: StartMethod | undefined;

/** Checks a method's name. Throws `UnsupportedError` for "fork", `RangeError` for an unknown one. */
export function checkMethod(method: unknown): asserts method is StartMethod {
  if (method === "fork") {
    throw new UnsupportedError(
      '"fork" is refused: a JavaScript VM does not survive fork without exec. Use "spawn", or "forkserver" for a fast start.',
    );
  }
  if (typeof method !== "string" || !Object.hasOwn(planners, method)) {
    throw new RangeError(`The start method must be "spawn" or "forkserver", received ${describe(method)}.`);
  }
}

/** Returns the method by which new processes start. Unlike `getStartMethod()`, it does not fix the default. */
export function startMethod(): StartMethod {
  return chosen ?? "spawn";
}

/**
 * Returns the method by which new processes start. If no method is fixed yet, this fixes the default "spawn", as in Python.
 *
 * @param options `allowNone`: return `null` if no method is fixed yet, and fix none; default `false`
 * @throws {TypeError} for an option of a wrong type
 *
 * @example
 * ```ts
 * console.log(getStartMethod()); // "spawn"
 * ```
 */
export function getStartMethod(options: { readonly allowNone?: boolean } = {}): StartMethod | null {
  if (checkFlag(options, "allowNone", "getStartMethod")) return chosen ?? null;
  chosen ??= "spawn";
  return chosen;
}

/** Returns the value of the only option that a function has. */
function checkFlag<K extends string>(options: { readonly [key in K]?: boolean }, name: K, of: string): boolean {
  if (typeof options !== "object" || options === null) throw new TypeError(`${of} takes { ${name}? }, received ${describe(options)}.`);
  refuseUnknown(options, [name], of);
  const value: unknown = options[name];
  if (value !== undefined && typeof value !== "boolean") throw new TypeError(`${name} must be a boolean, received ${describe(value)}.`);
  return value === true;
}

/**
 * Fixes the method by which new processes start. This can be done once.
 *
 * @param method "spawn" or "forkserver"; with `force` also `null`, after which no method is fixed
 * @param options `force`: replace a method that is fixed already; default `false`
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
  const force = checkFlag(options, "force", "setStartMethod");
  if (chosen !== undefined && !force)
    throw new StateError(
      `The start method is fixed already ("${chosen}"): set it before the first call that uses it, or pass { force: true }.`,
    );
  if (method === null && force) {
    chosen = undefined;
    return;
  }
  checkMethod(method);
  chosen = method;
}

/**
 * Returns the names of all start methods, the default first.
 *
 * @example
 * ```ts
 * console.log(getAllStartMethods()); // ["spawn", "forkserver"]
 * ```
 */
export function getAllStartMethods(): StartMethod[] {
  return Object.keys(planners) as StartMethod[];
}
