import { fileURLToPath } from "node:url";
import { runtime } from "../runtime/current.ts";
import { fs } from "../util/lazy-modules.ts";

/**
 * Whether the module is the program's main one, on runtimes that lack `import.meta.main` too. Always false in a child.
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

function samePath(a: string, b: string): boolean {
  if (a === b) return true;
  try {
    return fs().realpathSync(fileURLToPath(a)) === fs().realpathSync(fileURLToPath(b));
  } catch {
    return false;
  }
}
