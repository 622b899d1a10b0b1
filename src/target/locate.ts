import { functionCheck } from "./function-check.ts";
import { moduleUrl, type Target, type TargetRef } from "./target.ts";

/**
 * Returns, in the parent, the module and the export by which a child finds the target. A function is compared with the exports of the
 * program's modules.
 *
 * @throws {StateError} if no module exports it
 */
export async function locateTarget(target: Target, callers: readonly string[]): Promise<TargetRef> {
  if (target instanceof URL) return { module: target.href, name: "default" };
  if (typeof target === "object") return { module: moduleUrl(target.module), name: target.name ?? "default" };
  // Imported only here, so that children and programs that name their modules never load the search and es-module-lexer.
  const { searchExport } = await import("./export-search.ts");
  const { module, name, sure } = await searchExport(target, callers);
  return sure ? { module, name } : { module, name, check: functionCheck(target) };
}
