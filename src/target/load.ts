import { StateError } from "../errors/errors.ts";
import { describe } from "../util/describe.ts";
import { isSameFunction } from "./function-check.ts";
import type { Callable, TargetRef } from "./target.ts";

/**
 * Imports the module in the child, and returns the export. An error that the module throws is passed on unchanged.
 *
 * @throws {StateError} if there is no such export, or if it is not the function that the parent meant
 */
export async function loadTarget({ module, name, check }: TargetRef): Promise<Callable> {
  const namespace = (await import(module)) as Record<string, unknown>;
  const quoted = JSON.stringify(name);
  if (!Object.hasOwn(namespace, name)) throw new StateError(`${module} has no export ${quoted}: export the target under that name.`);
  const found = namespace[name];
  if (typeof found !== "function")
    throw new StateError(
      `The export ${quoted} of ${module} is ${describe(found)}, but a target must be a function: name an exported function.`,
    );
  // The parent could compare only names. But a closure can have the same name as an export.
  if (check !== undefined && !isSameFunction(found as Callable, check)) {
    throw new StateError(
      `The target is not the export ${quoted} of ${module} but a closure of that name: export the function itself, or give { module, name }.`,
    );
  }
  return found as Callable;
}
