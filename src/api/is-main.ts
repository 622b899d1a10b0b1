import { fileURLToPath } from "node:url";
import { runtime } from "../runtime/current.ts";
import { fs } from "../util/lazy-modules.ts";

/**
 * Whether the module is the main module of the program. It also works on runtimes that lack `import.meta.main`. It is false in a child,
 * because a child's main module belongs to this package.
 *
 * @example
 * ```ts
 * if (isMain(import.meta)) console.log("run directly");
 * ```
 */
export function isMain(meta: ImportMeta): boolean {
  if (typeof meta.main === "boolean") return meta.main;
  const main = runtime.mainModule();
  return main !== null && samePath(main, meta.url);
}

// The main module may be given by a symbolic link, while `meta.url` names the file itself.
function samePath(a: string, b: string): boolean {
  if (a === b) return true;
  try {
    return fs().realpathSync(fileURLToPath(a)) === fs().realpathSync(fileURLToPath(b));
  } catch {
    // A URL that names no file of this machine.
    return false;
  }
}
