import { StateError } from "../errors/errors.ts";
import { describe } from "../util/describe.ts";
import { callerModules } from "./callers.ts";
import type { Callable } from "./target.ts";

/**
 * A function, or a class whose instances are processes.
 *
 * @ignore
 */
export type Registrable = Callable | (abstract new (...args: never[]) => object);

interface Registered {
  readonly target: unknown;
  /** The URL of the module that has registered it, if the call stack names one. */
  readonly module: string | undefined;
}

const targets = new Map<string, Registered>();
const names = new WeakMap<object, string>();

/**
 * Gives a function a name, by which child processes find it, and gives the function back. A target needs no name where it is an exported
 * function of a module that the library can read. It needs one in a bundle that contains this library, in an executable file (see
 * {@link freezeSupport}), and where a bundler or a program has wrapped, renamed or not exported the function.
 *
 * Call it at the top level of the module that defines the function: a child imports that module, and then looks for the name.
 *
 * @param target a function, or a subclass of {@link Process}
 * @param name a name that no other target of the program has
 * @returns the function
 * @throws {TypeError} if `target` is no function, or `name` is no string or empty
 * @throws {StateError} if another function has the name
 *
 * @example
 * ```ts
 * const resize = registerTarget((width: number) => width / 2, "resize");
 * ```
 */
export function registerTarget<T extends Registrable>(target: T, name: string): T {
  if (typeof target !== "function") throw new TypeError(`registerTarget takes a function, received ${describe(target)}.`);
  if (typeof name !== "string" || name === "")
    throw new TypeError(`The name of a target must be a string that is not empty, received ${describe(name)}.`);
  const known = targets.get(name);
  if (known !== undefined && known.target !== target)
    throw new StateError(`Another function is registered as ${JSON.stringify(name)}: give each target a name of its own.`);
  if (known !== undefined) return target;
  targets.set(name, { target, module: callerModules()[0] });
  names.set(target, name);
  return target;
}

/** Returns the name of a registered target and the module that has registered it, or `undefined`. */
export function registrationOf(target: object): { readonly name: string; readonly module: string | undefined } | undefined {
  const name = names.get(target);
  return name === undefined ? undefined : { name, module: targets.get(name)?.module };
}

/** Returns the target with this name. Throws `StateError` if there is none. */
export function registeredTarget(name: string, module: string): Callable {
  const found = targets.get(name);
  if (found !== undefined) return found.target as Callable;
  const known = [...targets.keys()].map((each) => JSON.stringify(each)).join(", ");
  throw new StateError(
    `No target is registered as ${JSON.stringify(name)} once ${module} has run${known === "" ? "" : `, only ${known}`}: call registerTarget(fn, ${JSON.stringify(name)}) at the top level of that module.`,
  );
}
