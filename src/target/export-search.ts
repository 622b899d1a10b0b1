import { runtime } from "../runtime/current.ts";
import { isInPackages } from "../runtime/paths.ts";
import { EvaluatedModules, PENDING } from "./evaluated-modules.ts";
import { type ImportsAndExports, readImportsAndExports } from "./imports-and-exports.ts";
import { exportNotFound, refuseNative } from "./search-errors.ts";
import type { Callable } from "./target.ts";

/** The module that exports the function, and the name of the export. */
export interface Found {
  readonly module: string;
  readonly name: string;
  /** False if only the name matches, because the module is still being evaluated and its exports could not be compared. */
  readonly sure: boolean;
}

/** The largest number of modules that a search looks at, so that it takes a bounded time in a large program. */
const MOST_MODULES = 2_000;
/** The largest number of files that are read at once. Each needs a descriptor, and on many systems a process has only 1,024 of them. */
const READ_AT_ONCE = 64;

const searches = new WeakMap<Callable, Promise<Found>>();

/**
 * Finds the module of the program that exports the function. It looks first at the calling modules and their imports, then at the main
 * module and its imports, then at packages. A module that re-exports the function is as good as the one that defines it.
 *
 * @throws {StateError} if no module exports it; the message says what to do
 */
export function searchExport(target: Callable, callers: readonly string[]): Promise<Found> {
  const known = searches.get(target);
  if (known !== undefined) return known;
  const search = find(target, callers);
  searches.set(target, search);
  // A search that failed is forgotten. A later call may come from another module, whose imports have the function.
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
  if (found === undefined) throw exportNotFound(target, callers[0] ?? main, search.unreadable);
  return found;
}

class Search {
  readonly #target: Callable;
  readonly #visited = new Set<string>();
  readonly #sources = new Map<string, ImportsAndExports>();
  readonly #packages: string[] = [];
  readonly #evaluated = new EvaluatedModules();
  /** The first export with the target's name in a module that is still being evaluated. The child checks it. */
  likely: Found | undefined;
  /** The reasons why modules could not be read. */
  readonly unreadable: string[] = [];

  constructor(target: Callable) {
    this.#target = target;
  }

  /**
   * Searches the modules at `starts`, and then their static imports, breadth first. The imports of the starts are compared before the
   * starts themselves: the imports were evaluated already, while a start may not be, which would cost a wait.
   */
  async from(starts: readonly string[], loaded: boolean): Promise<Found | undefined> {
    let level = starts.filter((url) => this.#visit(url));
    const near = await this.#imports(level);
    // The main module may not belong to this program, for instance in a helper process of a test runner. Importing it could run it.
    if (!loaded) level = level.filter((url) => this.#sources.get(url)?.unreadable === undefined);
    let found = (await this.#compare(near)) ?? (await this.#compare(level));
    for (level = near; found === undefined && level.length > 0; found = await this.#compare(level)) level = await this.#imports(level);
    return found;
  }

  /** Searches the modules of packages that the program imports. The imports of those modules are not searched. */
  packages(): Promise<Found | undefined> {
    return this.#compare(this.#packages);
  }

  #visit(url: string): boolean {
    if (this.#visited.has(url) || this.#visited.size >= MOST_MODULES) return false;
    this.#visited.add(url);
    return true;
  }

  /** The modules of the program that these modules import or re-export from, each only once in a search. */
  async #imports(urls: readonly string[]): Promise<string[]> {
    const imports: string[] = [];
    for (let start = 0; start < urls.length; start += READ_AT_ONCE) {
      const some = urls.slice(start, start + READ_AT_ONCE);
      const sources = await Promise.all(some.map(readImportsAndExports));
      for (const [index, source] of sources.entries()) {
        this.#sources.set(some[index] as string, source);
        if (source.unreadable !== undefined) this.unreadable.push(source.unreadable);
        imports.push(...source.imports.filter((imported) => this.#visit(imported)));
      }
    }
    this.#packages.push(...imports.filter(isInPackages));
    return imports.filter((imported) => !isInPackages(imported));
  }

  /** Compares the target with all exports of these modules, re-exports included. */
  async #compare(urls: readonly string[]): Promise<Found | undefined> {
    const namespaces = await this.#evaluated.namespaces(urls);
    const pending: string[] = [];
    for (const [index, namespace] of namespaces.entries()) {
      const module = urls[index] as string;
      if (namespace === PENDING) pending.push(module);
      const name = typeof namespace === "object" ? exportOf(namespace, this.#target) : undefined;
      if (name !== undefined) return { module, name, sure: true };
    }
    for (const module of pending) this.likely ??= await this.#likelyExport(module);
    return undefined;
  }

  /** Looks for the target's name in the text of a module that is still being evaluated, because such a module can't be imported yet. */
  async #likelyExport(module: string): Promise<Found | undefined> {
    const { exports } = this.#sources.get(module) ?? (await readImportsAndExports(module));
    const wanted = this.#target.name;
    if (wanted === "") return undefined;
    const candidate = exports.find(({ local }) => local === wanted) ?? exports.find(({ name }) => name === wanted);
    return candidate === undefined ? undefined : { module, name: candidate.name, sure: false };
  }
}

/** Returns the name under which a module exports the function, if it does. */
function exportOf(namespace: object, target: Callable): string | undefined {
  // `Object.keys` would throw if the declaration of an export was not reached yet.
  return Object.getOwnPropertyNames(namespace).find((name) => {
    try {
      return (namespace as Record<string, unknown>)[name] === target;
    } catch {
      // On Deno, an import returns the exports of a module that is still being evaluated. Reading an export before its declaration throws.
      return false;
    }
  });
}

/** Returns the program's main module, or `null` if the program is text on the command line. A file after that text is only an argument. */
function mainModule(): string | null {
  if (process.execArgv.some((flag) => /^(-e|-p|-pe|--eval|--print)(=|$)/.test(flag))) return null;
  return runtime.mainModule();
}
