import { StateError } from "../errors/errors.ts";
import { runtime } from "../runtime/current.ts";
import type { Callable } from "./target.ts";

/** Throws `StateError` for a bound or built-in function. No module can export it, so a search would be useless. */
export function refuseNative(target: Callable): void {
  if (!/\{\s*\[native code\]\s*\}\s*$/.test(Function.prototype.toString.call(target))) return;
  throw new StateError(`${nameOf(target)} is a bound or built-in function, which no module exports: export a function that calls it.`);
}

/** What a search without a result has looked at. */
export interface SearchReport {
  /** A module of the program at which the search began. `undefined` if the program has loaded none in the form of its file. */
  readonly start: string | undefined;
  /** The number of modules whose exports were compared. */
  readonly compared: number;
  /** Whether all modules were searched. */
  readonly all: boolean;
  /** The exports of the function's name in modules that the program has not loaded, so that they could not be compared. */
  readonly unloaded: readonly { readonly module: string; readonly name: string }[];
  /** The reasons why modules could not be read. */
  readonly unreadable: readonly string[];
}

/** Makes the error for a function that no module of the program exports. */
export function exportNotFound(target: Callable, { start, compared, all, unloaded, unreadable }: SearchReport): StateError {
  const modules = `${all ? "the" : "the first"} ${compared} ${compared === 1 ? "module" : "modules"} of this program that could be compared (a module that comes by import() of a name which is made at run time is not found by reading)`;
  const reasons = unreadable.length === 0 ? "" : ` (${unreadable.slice(0, 3).join("; ")})`;
  return new StateError(
    `Cannot find an export for ${nameOf(target)} in ${modules}: a child imports its target, so a closure can't be one. ${advice(start, unloaded[0])}${reasons}`,
  );
}

function advice(start: string | undefined, unloaded: SearchReport["unloaded"][number] | undefined): string {
  const foreign = runtime.foreignProgram;
  if (foreign !== undefined) return `This program is ${foreign}, so give { module, name } with a module that is a file on the disk.`;
  const named = "or name it by registerTarget(fn, name) at the top level of the module that defines it";
  if (unloaded === undefined)
    return `Export it from ${start ?? "a module of its own"} at the top level, ${named}, or give { module, name }.`;
  const [module, name] = [unloaded.module, unloaded.name].map((text) => JSON.stringify(text));
  return `The text of ${unloaded.module} has an export ${name}, but this program did not load that file itself: a test runner or a bundler may have loaded it in another form. If you mean that export, give { module: ${module}, name: ${name} }.`;
}

function nameOf(target: Callable): string {
  return target.name === "" ? "an anonymous function" : `function "${target.name}"`;
}
