import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { StateError } from "../errors/errors.ts";
import { runtime } from "../runtime/current.ts";
import { describe } from "../util/timing.ts";

export { callerModules } from "./callers.ts";

/** A function or class that a child is to call. */
export type Callable = (...args: never[]) => unknown;

/** What a caller may give as a target. */
export type Target = Callable | URL | { readonly module: string | URL; readonly name?: string };

/** What a child needs to find the function: fixed when the process is started, never taken from a later message. */
export interface TargetRef {
  /** An absolute URL. */
  readonly module: string;
  /** The export's name. */
  readonly name: string;
  /** What the export must look like, where the parent could not compare it itself. */
  readonly check?: FunctionCheck;
}

/** Tells an export from a closure that has its name. */
export interface FunctionCheck {
  /** Mark of its source text, which only the same runtime prints alike. */
  readonly source: string;
  readonly runtime: string;
  readonly fnName: string;
  readonly length: number;
  readonly kind: string;
}

/** Throws `TypeError` for a value that can't be a target at all. */
export function checkTarget(target: unknown): asserts target is Target {
  if (typeof target === "function" || target instanceof URL) return;
  if (typeof target === "object" && target !== null && "module" in target) {
    const { module, name } = target as { module: unknown; name?: unknown };
    if (name !== undefined && typeof name !== "string")
      throw new TypeError(`A target's name must be a string, received ${describe(name)}.`);
    moduleUrl(module);
    return;
  }
  throw new TypeError(`A target must be an exported function, a URL or { module, name }, received ${describe(target)}.`);
}

/**
 * Where a child finds the target: for a function, by comparing it with what the program's modules export.
 *
 * @throws {StateError} if no module exports it
 */
export async function locate(target: Target, callers: readonly string[]): Promise<TargetRef> {
  if (target instanceof URL) return { module: target.href, name: "default" };
  if (typeof target === "object") return { module: moduleUrl(target.module), name: target.name ?? "default" };
  const { searchExport } = await import("./search.ts");
  const { module, name, sure } = await searchExport(target, callers);
  return sure ? { module, name } : { module, name, check: checkOf(target) };
}

/**
 * In the child: imports the module and gives the export. What the import throws is thrown as it is.
 *
 * @throws {StateError} if there is no such export, or it is another function than the parent meant
 */
export async function load({ module, name, check }: TargetRef): Promise<Callable> {
  const namespace = (await import(module)) as Record<string, unknown>;
  if (!Object.hasOwn(namespace, name))
    throw new StateError(`${module} has no export ${JSON.stringify(name)}: export the target under that name.`);
  const found = namespace[name];
  if (typeof found !== "function")
    throw new StateError(`The export ${JSON.stringify(name)} of ${module} is ${describe(found)}, and a target must be a function.`);
  if (check !== undefined && !matches(found as Callable, check)) {
    throw new StateError(
      `The target is not the export ${JSON.stringify(name)} of ${module} but a closure of that name: export the function itself, or give { module, name }.`,
    );
  }
  return found as Callable;
}

function moduleUrl(module: unknown): string {
  if (module instanceof URL) return module.href;
  if (typeof module !== "string") throw new TypeError(`A target's module must be a URL, received ${describe(module)}.`);
  if (isAbsolute(module)) return pathToFileURL(module).href;
  if (URL.canParse(module)) return new URL(module).href;
  throw new TypeError(
    `A target's module must be absolute, received ${describe(module)}: use new URL(${JSON.stringify(module)}, import.meta.url).`,
  );
}

// Tells texts apart; nobody is to be kept from making another text of the same mark, and a cryptographic one costs a child 5 ms.
function markOf(text: string): string {
  let [first, second] = [0x811c9dc5, 0x9e3779b9];
  for (let i = 0; i < text.length; i++) {
    first = Math.imul(first ^ text.charCodeAt(i), 0x01000193);
    second = Math.imul(second ^ text.charCodeAt(i), 0x85ebca6b);
    second ^= second >>> 13;
  }
  return `${text.length} ${first >>> 0} ${second >>> 0}`;
}

function checkOf(target: Callable): FunctionCheck {
  const source = Function.prototype.toString.call(target);
  return {
    source: markOf(source),
    runtime: `${runtime.name} ${runtime.version}`,
    fnName: target.name,
    length: target.length,
    kind: /^class\b/.test(source) ? "class" : target.constructor.name,
  };
}

function matches(found: Callable, expected: FunctionCheck): boolean {
  const actual = checkOf(found);
  if (actual.runtime === expected.runtime) return actual.source === expected.source;
  return actual.fnName === expected.fnName && actual.length === expected.length && actual.kind === expected.kind;
}
