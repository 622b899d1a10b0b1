import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fs } from "../../util/lazy-modules.ts";
import { type DenoHost, firstModule } from "./host.ts";

/**
 * Returns the flag that names the program's `deno.json`. Deno looks for that file beside a process's first module. A child's first module
 * is in this package, so without the flag it would miss the import map of the program.
 */
export function configFlag(host: DenoHost | undefined): string[] {
  const first = host === undefined ? undefined : firstModule(host);
  if (first?.startsWith("file:") !== true) return [];
  try {
    for (let folder = dirname(fileURLToPath(first)); ; folder = dirname(folder)) {
      const found = ["deno.json", "deno.jsonc"].map((name) => join(folder, name)).find((path) => fs().existsSync(path));
      if (found !== undefined) return [`--config=${found}`];
      if (dirname(folder) === folder) return [];
    }
  } catch {
    return [];
  }
}
