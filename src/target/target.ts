import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { describe } from "../util/describe.ts";
import { refuseUnknown } from "../util/known-options.ts";
import { OWN_MODULES } from "./provided.ts";

/** A function or class that a child calls. */
export type Callable = (...args: never[]) => unknown;

/** A target that is named instead of passed as a function: the URL of a module (its default export is meant), or a module and an export. */
export type ModuleTarget = URL | { readonly module: string | URL; readonly name?: string };

/** The forms in which a caller may give a target. */
export type Target = Callable | ModuleTarget;

/** The data with which a child finds the function. It is fixed when the process is started, and never read from a later message. */
export interface TargetRef {
  /** An absolute URL, or the name of a module that the child has been provided with. */
  readonly module: string;
  /** The export's name, or the registered name. */
  readonly name: string;
  /** Whether the function is registered under the name. */
  readonly registered?: boolean;
  /** The marks that the export must have, if the parent could not compare the function itself. */
  readonly check?: FunctionCheck;
}

/** The marks of a function. With them, a child notices that its parent meant a closure with the same name as the export. */
export interface FunctionCheck {
  /** A hash of the function's source text, if the child must have the same text. Another runtime may print the same function differently. */
  readonly source: string | undefined;
  /** The runtime that printed the source text, with its version. */
  readonly runtime: string;
  readonly fnName: string;
  readonly length: number;
  readonly kind: string;
}

/** Returns the name by which people know a target: that of its export, or of its module if it is the default one. */
export function labelOf({ module, name }: TargetRef): string {
  if (module === OWN_MODULES.worker) return "the tasks of a pool";
  return name === "default" ? (module.split("/").at(-1) ?? name) : name;
}

/** Throws `TypeError` for a value that can't be a target at all. */
export function checkTarget(target: unknown): asserts target is Target {
  if (typeof target === "function" || target instanceof URL) return;
  if (typeof target === "object" && target !== null && "module" in target) {
    refuseUnknown(target, ["module", "name"], "a target");
    const { module, name } = target as { module: unknown; name?: unknown };
    if (name !== undefined && typeof name !== "string")
      throw new TypeError(`A target's name must be a string, received ${describe(name)}.`);
    moduleUrl(module);
    return;
  }
  throw new TypeError(`A target must be an exported function, a URL or { module, name }, received ${describe(target)}.`);
}

/** The absolute URL of the module that a target names. Throws `TypeError` for a relative path or a bare name. */
export function moduleUrl(module: unknown): string {
  if (module instanceof URL) return module.href;
  if (typeof module !== "string") throw new TypeError(`A target's module must be a URL, received ${describe(module)}.`);
  if (isAbsolute(module)) return pathToFileURL(module).href;
  if (URL.canParse(module)) return new URL(module).href;
  throw new TypeError(
    `A target's module must be absolute, received ${describe(module)}: use new URL(${JSON.stringify(module)}, import.meta.url).`,
  );
}
