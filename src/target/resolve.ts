import { pathToFileURL } from "node:url";
import { runtime } from "../runtime/current.ts";
import { fs } from "../util/lazy-modules.ts";

/** The URL that a module means by a specifier, or `undefined` where that can't be told or is no module of the program's own. */
export function resolve(specifier: string, parent: string): string | undefined {
  if (/^(node|bun|npm|jsr|data|blob):/.test(specifier)) return undefined;
  if (/^(file|https?):/.test(specifier)) return specifier;
  if (!runtime.importsPaths && /^\.{0,2}\//.test(specifier)) {
    const url = new URL(specifier, parent);
    if (fs().existsSync(url)) return url.href;
  }
  for (const resolver of runtime.resolvers) {
    try {
      const found = resolver(specifier, parent);
      if (/^(file|https?):/.test(found)) return found;
      if (found.startsWith("/") || /^[A-Za-z]:[\\/]/.test(found)) return pathToFileURL(found).href;
    } catch {
      // The next one may know it.
    }
  }
  return undefined;
}
