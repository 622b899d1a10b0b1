import { runtime } from "../runtime/current.ts";
import { fs } from "../util/lazy-modules.ts";
import { urlOfPath } from "./url-of-path.ts";

/**
 * Returns the URL of the module that an import statement in `parent` loads. Returns `undefined` for modules that can't export a function of
 * the program, such as built-in ones, and if no resolver finds the module.
 */
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
      const url = /^(file|https?):/.test(found) ? found : urlOfPath(found);
      if (url !== undefined) return url;
    } catch {
      // The next resolver may know the module.
    }
  }
  return undefined;
}
