// Imports of modules that a program has loaded already, for runtimes with Node's hooks. A runtime asks a hook to load only the modules that
// are not in its cache. So a hook that refuses to load makes an import harmless: it gives a module that is there, or nothing.
import { fileURLToPath } from "node:url";
import { sleep } from "../util/clock.ts";
import { modules } from "../util/lazy-modules.ts";
import { requireCache } from "../util/require-cache.ts";

interface ResolveContext {
  readonly parentURL?: string | undefined;
}

interface Hooks {
  resolve(
    specifier: string,
    context: ResolveContext,
    next: (specifier: string, context: ResolveContext) => { url: string },
  ): { url: string };
  load(url: string, context: object, next: (url: string, context: object) => unknown): unknown;
}

type RegisterHooks = (hooks: Hooks) => { deregister(): void };

/** A module that nobody has loaded. An import of it tells whether the hook works here: a test runner may import modules in its own way. */
const NOBODY_HAS = "data:text/javascript,'polyproc'";
/**
 * After so many turns of the event loop in which nothing has happened, the runtime asks the hook to load nothing more. The hook must not stay for
 * long, because Node resolves modules otherwise meanwhile.
 */
const QUIET_TURNS = 8;

let works: Promise<boolean> | undefined;

/** Like `importLoaded` of the contract. */
export async function importLoaded(urls: readonly string[]): Promise<(Promise<object | undefined> | undefined)[]> {
  const registerHooks = hooks();
  return registerHooks !== undefined && (await seesModules()) ? new Refusal(urls, registerHooks).imports : urls.map(() => undefined);
}

/** Like `seesModules` of the contract. */
export function seesModules(): Promise<boolean> {
  works ??= hooksWork(hooks());
  return works;
}

function hooks(): RegisterHooks | undefined {
  return (modules() as unknown as { readonly registerHooks?: RegisterHooks }).registerHooks;
}

async function hooksWork(registerHooks: RegisterHooks | undefined): Promise<boolean> {
  if (registerHooks === undefined) return false;
  try {
    const [loaded] = await Promise.all(new Refusal([NOBODY_HAS], registerHooks).imports);
    return loaded === undefined;
  } catch {
    // Jest refuses hooks, because its tests import modules in their own way.
    return false;
  }
}

/** Refuses to load some modules, but only for the imports that it makes itself. */
class Refusal {
  readonly imports: Promise<object | undefined>[];
  readonly #urls: ReadonlySet<string>;
  /** The modules that only this object has asked for, by the URLs that they resolve to. */
  readonly #asked = new Map<string, string>();
  readonly #refused = new Set<string>();
  /** The number of modules of which something is known. */
  #known = 0;

  constructor(urls: readonly string[], registerHooks: RegisterHooks) {
    this.#urls = new Set(urls);
    const hooks = registerHooks({
      resolve: (specifier, context, next) => {
        const resolved = next(specifier, context);
        if (context.parentURL === import.meta.url && this.#urls.has(specifier)) {
          this.#asked.set(resolved.url, specifier);
          this.#known++;
        }
        // The program itself imports the module at this moment.
        else this.#asked.delete(resolved.url);
        return resolved;
      },
      load: (url, context, next) => {
        const asked = this.#asked.get(url);
        if (asked === undefined || isLoadedCommonJs(url)) return next(url, context);
        this.#refused.add(asked);
        this.#known++;
        throw new Error("not loaded");
      },
    });
    this.imports = urls.map((url) => this.#import(url));
    void this.#end().then(() => hooks.deregister());
  }

  #import(url: string): Promise<object | undefined> {
    const settled = (): void => void this.#known++;
    const loaded = import(url);
    loaded.then(settled, settled);
    return loaded.catch((error: unknown) => {
      if (this.#refused.has(url)) return undefined;
      throw error;
    });
  }

  // Resolves once the runtime has looked each module up: when all imports have settled, or when nothing happens any more. The import of a module
  // that is still being evaluated may never settle. For many modules at once, a runtime needs many turns.
  async #end(): Promise<void> {
    const settled = Promise.allSettled(this.imports).then(() => true);
    for (let quiet = 0, known = -1; quiet < QUIET_TURNS; quiet++) {
      // This import settles in any case, so it measures the machine's speed.
      await import("node:module");
      if ((await Promise.race([settled, sleep(0)])) === true) return;
      if (this.#known !== known) quiet = 0;
      known = this.#known;
    }
  }
}

// An import of a CommonJS module loads its text to find the names of its exports, but does not run it again.
function isLoadedCommonJs(url: string): boolean {
  return url.startsWith("file:") && fileURLToPath(url) in requireCache();
}
