import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fs } from "../../util/lazy-modules.ts";
import { type DenoHost, firstModule } from "./host.ts";

/**
 * Returns the flag that names the program's `deno.json`. Deno looks for that file beside a process's first module. A child's first module
 * is in this package, so without the flag it would miss the import map of the program. If the program has no such file, and no `package.json`, the
 * flag keeps the child from taking those of this package.
 */
export function configFlag(host: DenoHost | undefined): string[] {
  const first = host === undefined ? undefined : firstModule(host);
  if (first?.startsWith("file:") !== true) return [];
  try {
    let hasPackage = false;
    for (let folder = dirname(fileURLToPath(first)); ; folder = dirname(folder)) {
      const [config] = ["deno.json", "deno.jsonc"].map((name) => join(folder, name)).filter(exists);
      if (config !== undefined) return [`--config=${config}`];
      hasPackage ||= exists(join(folder, "package.json"));
      if (dirname(folder) === folder) return hasPackage ? [] : ["--no-config"];
    }
  } catch {
    return [];
  }
}

function exists(path: string): boolean {
  return fs().existsSync(path);
}
