import { StateError } from "../errors/errors.ts";
import { frozenProgram } from "./frozen.ts";
import { functionCheck } from "./function-check.ts";
import { PROGRAM } from "./provided.ts";
import { registrationOf } from "./registry.ts";
import { type Callable, moduleUrl, type Target, type TargetRef } from "./target.ts";

/**
 * Returns, in the parent, the module and the export by which a child finds the target. A function is compared with the exports of the
 * program's modules, unless it has a registered name.
 *
 * @throws {StateError} if no module exports it
 */
export async function locateTarget(target: Target, callers: readonly string[]): Promise<TargetRef> {
  if (target instanceof URL) return { module: target.href, name: "default" };
  if (typeof target === "object") return { module: moduleUrl(target.module), name: target.name ?? "default" };
  const registered = registrationOf(target);
  if (frozenProgram() !== undefined) {
    if (registered === undefined) throw notRegistered(target);
    return { module: PROGRAM, name: registered.name, registered: true };
  }
  if (registered?.module !== undefined) return { module: registered.module, name: registered.name, registered: true };
  // Imported only here, so that children and programs that name their modules never load the search and es-module-lexer.
  const { searchExport } = await import("./export-search.ts");
  const { module, name, sure, transformed } = await searchExport(target, callers);
  return sure ? { module, name } : { module, name, check: functionCheck(target, transformed) };
}

function notRegistered({ name }: Callable): StateError {
  const [what, advice] = name === "" ? ["An anonymous function", "name"] : [`The function ${JSON.stringify(name)}`, JSON.stringify(name)];
  return new StateError(
    `${what} is not registered, and the modules of a bundle or an executable file can't be searched for it: call registerTarget(fn, ${advice}) at the top level of the module that defines it.`,
  );
}
