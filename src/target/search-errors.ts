import { StateError } from "../errors/errors.ts";
import type { Callable } from "./target.ts";

/** Throws `StateError` for a bound or built-in function. No module can export it, so a search would be useless. */
export function refuseNative(target: Callable): void {
  if (!/\{\s*\[native code\]\s*\}\s*$/.test(Function.prototype.toString.call(target))) return;
  throw new StateError(`${nameOf(target)} is a bound or built-in function, which no module exports: export a function that calls it.`);
}

/** Makes the error for a function that no module of the program exports. `unreadable` says which modules could not be searched, and why. */
export function exportNotFound(target: Callable, caller: string | null, unreadable: readonly string[]): StateError {
  const where = caller === null ? "a module" : caller;
  const reasons = unreadable.length === 0 ? "" : ` (${unreadable.slice(0, 3).join("; ")})`;
  return new StateError(
    `Cannot find an export for ${nameOf(target)}: a child imports its target, so a closure can't be one. Export it from ${where} at the top level, or give { module, name }${reasons}.`,
  );
}

function nameOf(target: Callable): string {
  return target.name === "" ? "an anonymous function" : `function "${target.name}"`;
}
