import { fileURLToPath } from "node:url";
import { runtime } from "../runtime/current.ts";
import { callingModule } from "../target/callers.ts";
import { fs } from "../util/lazy-modules.ts";

/**
 * Returns whether the module is the main module of the program. It also works on runtimes that lack `import.meta.main`, and in bundles that
 * are CommonJS, where `import.meta` is empty: there it asks for the file that makes the call. It is false in a child, because a child's main
 * module belongs to this package. In the child of a bundle or an executable file it is what it is in the program (see {@link freezeSupport}).
 *
 * @param meta the `import.meta` of the module
 * @throws {TypeError} if it has no `url`, and the call stack does not name the module's file
 *
 * @example
 * ```ts
 * if (isMain(import.meta)) console.log("run directly"); // "run directly"
 * ```
 */
export function isMain(meta: ImportMeta): boolean {
  // Not every checker of types knows this property.
  const { main: known } = meta as { readonly main?: unknown };
  if (typeof known === "boolean") return known;
  const url = typeof meta.url === "string" ? meta.url : callingModule(isMain);
  if (url === undefined)
    throw new TypeError(
      "isMain takes the import.meta of a module, this one has no url, and the call stack does not name a file. In CommonJS, use `require.main === module`.",
    );
  const main = runtime.mainModule();
  return main !== null && samePath(main, url);
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
