import { callerModules } from "../target/callers.ts";
import { locateTarget } from "../target/locate.ts";
import { checkTarget, type Target, type TargetRef } from "../target/target.ts";
import { describe } from "../util/describe.ts";
import { checkWait, timeLeft, type Wait, type WaitOptions } from "../util/wait-options.ts";
import type { ManagedObject } from "./managed-object.ts";
import { ask } from "./request.ts";
import { snapshot } from "./snapshot.ts";

/** The method of every managed object that imports the module of a target. */
export const LOAD = "load target";

// The targets that the server of an object has imported.
const loaded = new WeakMap<ManagedObject, Map<unknown, TargetRef>>();

/**
 * Lets the server import a target, unless it has. Resolves to the name of the target. Calls at the same time each ask for it, because each has
 * limits of its own.
 *
 * @param callers returns the modules that call, for the search
 */
export async function loadTarget(object: ManagedObject, target: unknown, callers: () => readonly string[], wait: Wait): Promise<TargetRef> {
  const known = loaded.get(object) ?? new Map<unknown, TargetRef>();
  loaded.set(object, known);
  const key = typeof target === "function" ? target : JSON.stringify(target instanceof URL ? target.href : target);
  const before = known.get(key);
  if (before !== undefined) return before;
  const ref = await locateTarget(target as Target, callers());
  await ask(object, LOAD, [ref], wait);
  known.set(key, ref);
  return ref;
}

/**
 * Calls a method of an object that takes a target.
 *
 * @param args makes the arguments of the method from the name of the target, and its further arguments
 * @param rest the further arguments of the target, and the wait options, as the program gave them
 */
export async function compute(
  object: ManagedObject,
  target: unknown,
  method: string,
  args: (ref: TargetRef, given: readonly unknown[]) => readonly unknown[],
  rest: readonly [args?: unknown, options?: WaitOptions],
): Promise<unknown> {
  checkTarget(target);
  const [given, options] = rest;
  if (given !== undefined && !Array.isArray(given)) throw new TypeError(`args must be an array, received ${describe(given)}.`);
  const left = timeLeft(checkWait(options));
  const now = given === undefined ? [] : snapshot(given);
  const ref = await loadTarget(object, target, callerModules, left());
  return ask(object, method, args(ref, now), left());
}
