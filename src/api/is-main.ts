import { fileURLToPath } from "node:url";
import { runtime } from "../runtime/current.ts";
import { fs } from "../util/lazy-modules.ts";

/**
 * Returns whether the module is the main module of the program. It also works on runtimes that lack `import.meta.main`. It is false in a
 * child, because a child's main module belongs to this package.
 *
 * @param meta the `import.meta` of the module
 * @throws {TypeError} if it has no `url`, as in a bundle that is CommonJS
 *
 * @example
 * ```ts
 * if (isMain(import.meta)) console.log("run directly");
 * ```
 */
export function isMain(meta: ImportMeta): boolean {
  // Not every checker of types knows this property.
  const { main: known } = meta as { readonly main?: unknown };
  if (typeof known === "boolean") return known;
  if (typeof meta.url !== "string")
    throw new TypeError(
      "isMain takes the import.meta of a module, and this one has no url. A bundler that makes CommonJS leaves it empty: use `require.main === module` there.",
    );
  const main = runtime.mainModule();
  return main !== null && samePath(main, meta.url);
}

// The main module's path may be a symbolic link, while `meta.url` always names the file itself.
function samePath(a: string, b: string): boolean {
  if (a === b) return true;
  try {
    return fs().realpathSync(fileURLToPath(a)) === fs().realpathSync(fileURLToPath(b));
  } catch {
    // One of the URLs does not name a file on this machine.
    return false;
  }
}
