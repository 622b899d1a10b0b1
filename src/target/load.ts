import { StateError } from "../errors/errors.ts";
import { runtime } from "../runtime/current.ts";
import { describe } from "../util/describe.ts";
import { isSameFunction } from "./function-check.ts";
import { PROGRAM, providedModule } from "./provided.ts";
import { registeredTarget } from "./registry.ts";
import type { Callable, TargetRef } from "./target.ts";

/**
 * Imports the module in the child, and returns the export. An error that the module throws is passed on unchanged.
 *
 * @throws {StateError} if there is no such export, or if it is not the function that the parent meant
 */
export async function loadTarget({ module, name, registered, check }: TargetRef): Promise<Callable> {
  const namespace = (await (providedModule(module) ?? import(runtime.importSpecifier(module)))) as Record<string, unknown>;
  if (registered === true) return registeredTarget(name, module === PROGRAM ? "this program" : module);
  const quoted = JSON.stringify(name);
  // The names of a CommonJS module's exports are read from its text, and some texts do not show them. Then only its default export has them.
  const holder = [namespace, namespace.default].find((each) => isObject(each) && Object.hasOwn(each, name));
  if (holder === undefined) throw new StateError(`${module} has no export ${quoted}: export the target under that name.`);
  const found = (holder as Record<string, unknown>)[name];
  if (typeof found !== "function")
    throw new StateError(
      `The export ${quoted} of ${module} is ${describe(found)}, but a target must be a function: name an exported function.`,
    );
  // The parent could compare only names. But a closure can have the same name as an export.
  if (check !== undefined && !isSameFunction(found as Callable, check)) {
    throw new StateError(
      `The target is not the export ${quoted} of ${module}. It is a closure of that name, or the text of the module was changed before it ran, as test runners and bundlers do: export the function itself, or give { module, name }.`,
    );
  }
  return found as Callable;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
