import { runtime } from "../runtime/current.ts";
import { isInPackages, packageOf } from "../runtime/paths.ts";
import { searchCommonJs } from "./common-js.ts";
import { EvaluatedModules, NOT_LOADED, PENDING } from "./evaluated-modules.ts";
import { type ImportsAndExports, readImportsAndExports } from "./imports-and-exports.ts";
import { exportNotFound, refuseNative, type SearchReport } from "./search-errors.ts";
import type { Callable } from "./target.ts";

/** The module that exports the function, and the name of the export. */
export interface Found {
  readonly module: string;
  readonly name: string;
  /** False if only the name matches, because the module is still being evaluated and its exports could not be compared. */
  readonly sure: boolean;
  /** Whether the program may have loaded the module in another form, so that the text of the function may differ in the child. */
  readonly transformed?: boolean;
}

/** The largest number of modules that a search looks at, so that it takes a bounded time in a large program. */
const MOST_MODULES = 2_000;
/** The largest number of files that are read at once. Each needs a descriptor, and on many systems a process has only 1,024 of them. */
const READ_AT_ONCE = 64;

const searches = new WeakMap<Callable, Promise<Found>>();

/**
 * Finds the module of the program that exports the function. It looks first at the calling modules and their imports, then at the main
 * module and its imports, then at what `require` has loaded, then at packages and their imports. Modules that export the function's name
 * come first. A module that re-exports the function is as good as the one that defines it. Modules that the program has not loaded are read,
 * but not evaluated. If no export is identical, the program may run in another form than its files, as in a test runner: then the only
 * export of the function's name among the calling modules' own imports is taken, and the child checks it.
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
    (await search.from(callers)) ??
    (main === null ? undefined : await search.from([main])) ??
    searchedCommonJs(target) ??
    (await search.packages()) ??
    (await search.others()) ??
    (await search.deepPackages()) ??
    (await search.byName(callers));
  if (found === undefined) throw exportNotFound(target, search.report(main === null ? callers : [...callers, main]));
  return found;
}

function searchedCommonJs(target: Callable): Found | undefined {
  const found = searchCommonJs(target);
  return found && { ...found, sure: true };
}

class Search {
  readonly #target: Callable;
  readonly #visited = new Set<string>();
  readonly #sources = new Map<string, ImportsAndExports>();
  #packages: string[] = [];
  /** The modules of packages whose imports were not searched yet. */
  #shallow: string[] = [];
  /** Modules of the program without an export of the target's name. */
  readonly #others: string[] = [];
  /** The modules whose exports were compared with the target, or would have been if they were not still being evaluated. */
  readonly #compared = new Set<string>();
  /** Those whose exports were really compared. */
  readonly #different = new Set<string>();
  /** The exports with the target's name in modules that the program has not loaded. */
  readonly #unloaded: { readonly module: string; readonly name: string }[] = [];
  readonly #evaluated = new EvaluatedModules();
  /** The first export with the target's name in a module that is still being evaluated. The child checks it. */
  #likely: Found | undefined;
  /** The first module that is still being evaluated and whose text can't be read, because it comes from a URL. */
  #unread: Found | undefined;

  constructor(target: Callable) {
    this.#target = target;
  }

  /**
   * Searches the modules at `starts`, and then their static imports, breadth first, if an export of theirs has the target's name. The
   * imports of the starts are compared before the starts themselves: the imports were evaluated already, while a start may not be, which
   * would cost a wait.
   */
  async from(starts: readonly string[]): Promise<Found | undefined> {
    const level = await this.#read(starts);
    let next = await this.#read(this.#importsOf(level));
    let found = (await this.#compareNamed(next)) ?? (await this.#compareNamed(level));
    while (found === undefined && next.length > 0) {
      next = await this.#read(this.#importsOf(next));
      found = await this.#compareNamed(next);
    }
    return found;
  }

  /** Searches the modules of packages that the program imports. */
  packages(): Promise<Found | undefined> {
    this.#shallow = this.#packages;
    this.#packages = [];
    return this.#compare(this.#shallow);
  }

  /** Searches the imports of those packages at any depth, if an export of theirs has the target's name. */
  async deepPackages(): Promise<Found | undefined> {
    let found: Found | undefined;
    for (let level = this.#shallow; found === undefined && level.length > 0; ) {
      await this.#readAll(level);
      const imports = this.#importsOf(level).filter((url) => this.#visit(url));
      level = [...imports, ...this.#packages];
      this.#packages = [];
      await this.#readAll(level);
      found = await this.#compare(level.filter((url) => this.#hasName(url)));
    }
    return found;
  }

  /** The export that only its name recommends. */
  async byName(callers: readonly string[]): Promise<Found | undefined> {
    const guess = this.#likely ?? this.#unread;
    if (await runtime.seesModules()) return guess ?? this.#imported(callers, this.#compared);
    return this.#imported(callers, this.#different) ?? guess;
  }

  /** The only export of the target's name that a calling module imports, or exports itself, but not in the modules `known`. */
  #imported(callers: readonly string[], known: ReadonlySet<string>): Found | undefined {
    for (const caller of callers) {
      const source = this.#sources.get(caller);
      const taken = (source?.imports ?? []).flatMap(({ url, names }) => this.#takenExport(url, names) ?? []);
      const own = source === undefined ? undefined : this.#namedExport(source);
      const all = [...taken, ...(own === undefined ? [] : [{ module: caller, name: own }])].filter(({ module }) => !known.has(module));
      const [first, ...others] = all;
      if (first === undefined) continue;
      const isOnly = others.every(({ module, name }) => module === first.module && name === first.name);
      return isOnly ? { ...first, sure: false, transformed: true } : undefined;
    }
    return undefined;
  }

  #takenExport(module: string, names: readonly string[]): { readonly module: string; readonly name: string } | undefined {
    const wanted = this.#target.name;
    if (wanted !== "" && names.includes(wanted)) return { module, name: wanted };
    const source = this.#sources.get(module);
    const name = source === undefined ? undefined : this.#namedExport(source);
    return name !== undefined && (names.includes(name) || names.includes("*")) ? { module, name } : undefined;
  }

  /** Searches the modules of the program whose exports have other names. */
  others(): Promise<Found | undefined> {
    return this.#compare(this.#others);
  }

  report(starts: readonly string[]): SearchReport {
    return {
      start: starts.find((url) => this.#compared.has(url) && !isInPackages(url)) ?? starts.find((url) => this.#compared.has(url)),
      compared: this.#compared.size,
      all: this.#visited.size < MOST_MODULES,
      unloaded: this.#unloaded,
      unreadable: [...this.#sources.values()].flatMap(({ unreadable }) => unreadable ?? []),
    };
  }

  /** Reads the modules among these that were not read before, and returns their URLs. */
  async #read(urls: readonly string[]): Promise<string[]> {
    const fresh = urls.filter((url) => this.#visit(url));
    await this.#readAll(fresh);
    return fresh;
  }

  async #readAll(urls: readonly string[]): Promise<void> {
    for (let start = 0; start < urls.length; start += READ_AT_ONCE) {
      const some = urls.slice(start, start + READ_AT_ONCE);
      const sources = await Promise.all(some.map(readImportsAndExports));
      for (const [index, source] of sources.entries()) this.#sources.set(some[index] as string, source);
    }
  }

  #visit(url: string): boolean {
    if (this.#visited.has(url) || this.#visited.size >= MOST_MODULES) return false;
    this.#visited.add(url);
    return true;
  }

  /** The modules of the program that these modules import or re-export from. */
  #importsOf(urls: readonly string[]): string[] {
    const program: string[] = [];
    for (const importer of urls)
      for (const { url } of this.#sources.get(importer)?.imports ?? []) {
        // A program may be an installed package itself. Then its own modules are no other package's.
        if (!isInPackages(url) || packageOf(url) === packageOf(importer)) program.push(url);
        else if (this.#visit(url)) this.#packages.push(url);
      }
    return program;
  }

  /** Compares the target with the exports of those modules that export its name. The others may be compared later. */
  #compareNamed(urls: readonly string[]): Promise<Found | undefined> {
    const named = urls.filter((url) => this.#hasName(url));
    this.#others.push(...urls.filter((url) => !named.includes(url)));
    return this.#compare(named);
  }

  #hasName(url: string): boolean {
    const source = this.#sources.get(url);
    return source?.unreadable !== undefined || (source !== undefined && this.#namedExport(source) !== undefined);
  }

  /** Compares the target with all exports of these modules, re-exports included. */
  async #compare(urls: readonly string[]): Promise<Found | undefined> {
    const exports = await this.#evaluated.exports(urls);
    for (const [index, found] of exports.entries()) {
      const module = urls[index] as string;
      if (found !== NOT_LOADED) this.#compared.add(module);
      if (typeof found === "object") this.#different.add(module);
      const name = typeof found === "object" ? exportOf(found, this.#target) : undefined;
      if (name !== undefined) return { module, name, sure: true };
    }
    for (const [index, found] of exports.entries()) {
      const module = urls[index] as string;
      if (found !== PENDING && found !== NOT_LOADED) continue;
      const source = this.#sources.get(module) ?? (await readImportsAndExports(module));
      const name = this.#namedExport(source);
      const { name: wanted } = this.#target;
      const isRead = module.startsWith("file:") && source.unreadable === undefined;
      if (found === PENDING && !isRead && wanted !== "") this.#unread ??= { module, name: wanted, sure: false };
      if (name !== undefined && found === NOT_LOADED) this.#unloaded.push({ module, name });
      // A module that is still being evaluated can't be compared, so its text alone says what it exports.
      if (name !== undefined && found === PENDING) this.#likely ??= { module, name, sure: false };
    }
    return undefined;
  }

  /** The export that has the target's name, inside the module or outside of it. */
  #namedExport({ exports }: ImportsAndExports): string | undefined {
    const wanted = this.#target.name;
    if (wanted === "") return undefined;
    return (exports.find(({ local }) => local === wanted) ?? exports.find(({ name }) => name === wanted))?.name;
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
