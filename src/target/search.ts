import { StateError } from "../errors/errors.ts";
import { runtime } from "../runtime/current.ts";
import { isInPackages } from "../runtime/shared.ts";
import { Evaluated, PENDING } from "./evaluated-modules.ts";
import { type ModuleSource, readModule } from "./source.ts";
import type { Callable } from "./target.ts";

/** Where an export was found; not `sure` if its module is still being evaluated, so that it could not be compared. */
export interface Found {
  readonly module: string;
  readonly name: string;
  readonly sure: boolean;
}

// A program with more modules than this is not read on.
const MOST_MODULES = 2_000;
// Each open file takes a descriptor, of which there may be 1,024 only.
const READ_AT_ONCE = 64;

const searches = new WeakMap<Callable, Promise<Found>>();

/**
 * Finds which module of the program exports the function: those that called, what they import, then what the main module imports.
 *
 * @throws {StateError} if none does, telling what to do
 */
export function searchExport(target: Callable, callers: readonly string[]): Promise<Found> {
  const known = searches.get(target);
  if (known !== undefined) return known;
  const search = find(target, callers);
  searches.set(target, search);
  // Another caller may be able to find it.
  search.catch(() => searches.delete(target));
  return search;
}

async function find(target: Callable, callers: readonly string[]): Promise<Found> {
  refuseNative(target);
  const search = new Search(target);
  const main = mainModule();
  const found =
    (await search.from(callers, true)) ??
    (main === null ? undefined : await search.from([main], false)) ??
    (await search.packages()) ??
    search.likely;
  if (found === undefined) throw notFound(target, callers[0] ?? main, search.unreadable);
  return found;
}

class Search {
  readonly #target: Callable;
  readonly #visited = new Set<string>();
  readonly #sources = new Map<string, ModuleSource>();
  readonly #packages: string[] = [];
  readonly #evaluated = new Evaluated();
  /** The first export of that name in a module that could not be compared; the child confirms it. */
  likely: Found | undefined;
  /** Why modules could not be read. */
  readonly unreadable: string[] = [];

  constructor(target: Callable) {
    this.#target = target;
  }

  /** Breadth first along static imports; what the starts import comes before themselves, as it needs no waiting. */
  async from(starts: readonly string[], loaded: boolean): Promise<Found | undefined> {
    let level = starts.filter((url) => this.#visit(url));
    const near = await this.#imports(level);
    // Importing a main module that is none, as in a test runner's helper, would run it.
    if (!loaded) level = level.filter((url) => this.#sources.get(url)?.unreadable === undefined);
    let found = (await this.#compare(near)) ?? (await this.#compare(level));
    for (level = near; found === undefined && level.length > 0; found = await this.#compare(level)) level = await this.#imports(level);
    return found;
  }

  /** What packages export, not what they import in turn. */
  packages(): Promise<Found | undefined> {
    return this.#compare(this.#packages);
  }

  #visit(url: string): boolean {
    if (this.#visited.has(url) || this.#visited.size >= MOST_MODULES) return false;
    this.#visited.add(url);
    return true;
  }

  async #imports(urls: readonly string[]): Promise<string[]> {
    const imports: string[] = [];
    for (let start = 0; start < urls.length; start += READ_AT_ONCE) {
      const some = urls.slice(start, start + READ_AT_ONCE);
      const sources = await Promise.all(some.map(readModule));
      for (const [index, source] of sources.entries()) {
        this.#sources.set(some[index] as string, source);
        if (source.unreadable !== undefined) this.unreadable.push(source.unreadable);
        imports.push(...source.imports.filter((imported) => this.#visit(imported)));
      }
    }
    this.#packages.push(...imports.filter(isInPackages));
    return imports.filter((imported) => !isInPackages(imported));
  }

  async #compare(urls: readonly string[]): Promise<Found | undefined> {
    const namespaces = await this.#evaluated.namespaces(urls);
    const pending: string[] = [];
    for (const [index, namespace] of namespaces.entries()) {
      const module = urls[index] as string;
      if (namespace === PENDING) pending.push(module);
      const name = typeof namespace === "object" ? exportOf(namespace, this.#target) : undefined;
      if (name !== undefined) return { module, name, sure: true };
    }
    for (const module of pending) this.likely ??= await this.#likely(module);
    return undefined;
  }

  // A module inside its own top level can't be imported yet, but its source tells its exports' names.
  async #likely(module: string): Promise<Found | undefined> {
    const { exports } = this.#sources.get(module) ?? (await readModule(module));
    const called = this.#target.name;
    if (called === "") return undefined;
    const candidate = exports.find(({ local }) => local === called) ?? exports.find(({ name }) => name === called);
    return candidate === undefined ? undefined : { module, name: candidate.name, sure: false };
  }
}

function exportOf(namespace: object, target: Callable): string | undefined {
  // Not Object.keys, which throws where an export's declaration has not been reached yet.
  return Object.getOwnPropertyNames(namespace).find((name) => {
    try {
      return (namespace as Record<string, unknown>)[name] === target;
    } catch {
      // Deno gives a module's exports also while it is still inside its top level.
      return false;
    }
  });
}

// Where the program is text on the command line, a file named after it is an argument, and must not be run.
function mainModule(): string | null {
  if (process.execArgv.some((flag) => /^(-e|-p|-pe|--eval|--print)(=|$)/.test(flag))) return null;
  return runtime.mainModule();
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
