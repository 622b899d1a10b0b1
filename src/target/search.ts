import { StateError } from "../errors.ts";
import { runtime } from "../runtime/runtime.ts";
import type { Callable } from "../target.ts";
import { isInPackages, type ModuleSource, readModule } from "./source.ts";

/** Where an export was found; not `sure` if its module is still being evaluated, so that it could not be compared. */
export interface Found {
  readonly module: string;
  readonly name: string;
  readonly sure: boolean;
}

// A program with more modules than this is not read on.
const MOST_MODULES = 2_000;
// The import of an evaluated module settles sooner than this many turns and milliseconds; one still evaluating must not be waited for.
const TURNS = 10;
const SETTLES_WITHIN = 10;

const found = new WeakMap<Callable, Found>();

/**
 * Finds which module of the program exports the function: those that called, what they import, then what the main module imports.
 *
 * @throws {StateError} if none does, telling what to do
 */
export async function searchExport(target: Callable, callers: readonly string[]): Promise<Found> {
  const known = found.get(target);
  if (known !== undefined) return known;
  refuseNative(target);
  const search = new Search(target);
  const main = runtime.mainModule();
  const result = (await search.from(callers)) ?? (main === null ? undefined : await search.from([main]));
  if (result === undefined) throw notFound(target, callers[0] ?? main, search.unreadable);
  if (result.sure) found.set(target, result);
  return result;
}

class Search {
  readonly #target: Callable;
  readonly #visited = new Set<string>();
  /** Why modules could not be read. */
  readonly unreadable: string[] = [];

  constructor(target: Callable) {
    this.#target = target;
  }

  /** Breadth first along static imports; packages last and only by themselves. */
  async from(starts: readonly string[]): Promise<Found | undefined> {
    const waiting = starts.filter((start) => this.#visit(start));
    const packages: string[] = [];
    for (let url = waiting.shift(); url !== undefined; url = waiting.shift()) {
      const source = await readModule(url);
      if (source.unreadable !== undefined) this.unreadable.push(source.unreadable);
      const result = await this.#compare(url, source);
      if (result !== undefined) return result;
      const next = source.imports.filter((imported) => this.#visit(imported));
      waiting.push(...next.filter((imported) => !isInPackages(imported)));
      packages.push(...next.filter((imported) => isInPackages(imported)));
    }
    for (const url of packages) {
      const name = exportOf(await evaluated(url), this.#target);
      if (name !== undefined) return { module: url, name, sure: true };
    }
    return undefined;
  }

  #visit(url: string): boolean {
    if (this.#visited.has(url) || this.#visited.size >= MOST_MODULES) return false;
    this.#visited.add(url);
    return true;
  }

  async #compare(url: string, { exports }: ModuleSource): Promise<Found | undefined> {
    const namespace = await evaluated(url);
    if (namespace !== undefined) {
      const name = exportOf(namespace, this.#target);
      return name === undefined ? undefined : { module: url, name, sure: true };
    }
    // Still inside its own top level: its source tells the name, and the child confirms it.
    const candidate = exports.find(({ local }) => local === this.#target.name) ?? exports.find(({ name }) => name === this.#target.name);
    return candidate === undefined ? undefined : { module: url, name: candidate.name, sure: false };
  }
}

function exportOf(namespace: object | undefined, target: Callable): string | undefined {
  if (namespace === undefined) return undefined;
  return Object.keys(namespace).find((name) => {
    try {
      return (namespace as Record<string, unknown>)[name] === target;
    } catch {
      // Declared further down in a module of a cycle.
      return false;
    }
  });
}

// The module's exports, or undefined if it is still being evaluated or failed.
async function evaluated(url: string): Promise<object | undefined> {
  const settled = import(url).then(
    (namespace: object) => ({ namespace }),
    () => ({ namespace: undefined }),
  );
  return (await Promise.race([settled, someTurns()]))?.namespace;
}

async function someTurns(): Promise<undefined> {
  const start = performance.now();
  for (let turn = 0; turn < TURNS || performance.now() - start < SETTLES_WITHIN; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

function refuseNative(target: Callable): void {
  if (!/\{\s*\[native code\]\s*\}\s*$/.test(Function.prototype.toString.call(target))) return;
  throw new StateError(`${nameOf(target)} is a bound or built-in function, which no module exports: export a function that calls it.`);
}

function notFound(target: Callable, caller: string | null, unreadable: readonly string[]): StateError {
  const where = caller === null ? "a module" : caller;
  const reasons = unreadable.length === 0 ? "" : ` (${unreadable.slice(0, 3).join("; ")})`;
  return new StateError(
    `Cannot find an export for ${nameOf(target)}: a child imports its target, so closures can't be one. Export it from ${where} at the top level, or give { module, name }${reasons}.`,
  );
}

function nameOf(target: Callable): string {
  return target.name === "" ? "an anonymous function" : `function "${target.name}"`;
}
