import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runtime } from "../runtime/current.ts";
import { fs } from "../util/lazy-modules.ts";

const MANIFESTS = ["package.json", "deno.json", "deno.jsonc"];

/** The program whose functions the agents run: its folder, and its version. */
export interface Program {
  readonly root: string;
  readonly version: string;
}

/** What is compared if a program has no name and version. */
const UNNAMED = "unnamed";

/**
 * Returns the program of this process.
 *
 * @param root its folder; default: that of the nearest package.json or deno.json above the main module, or else above the working folder
 * @param version its version; default: `name@version` of the package.json or deno.json there
 */
export function programOf(root: string | undefined, version: string | undefined): Program {
  const folder = realPath(root ?? nearest(mainFolder()) ?? nearest(process.cwd()) ?? process.cwd());
  return { root: folder, version: version ?? versionIn(folder) ?? UNNAMED };
}

function mainFolder(): string {
  const main = runtime.mainModule();
  return main?.startsWith("file:") === true ? dirname(fileURLToPath(main)) : process.cwd();
}

function realPath(path: string): string {
  return fs().realpathSync(path);
}

function nearest(folder: string): string | undefined {
  if (MANIFESTS.some((name) => fs().existsSync(join(folder, name)))) return folder;
  const above = dirname(folder);
  return above === folder ? undefined : nearest(above);
}

function versionIn(folder: string): string | undefined {
  for (const manifest of MANIFESTS) {
    try {
      const { name, version } = JSON.parse(fs().readFileSync(join(folder, manifest), "utf8")) as { name?: unknown; version?: unknown };
      if (typeof version === "string") return `${typeof name === "string" ? name : UNNAMED}@${version}`;
    } catch {
      // It does not exist, or is no JSON. The next one may be.
    }
  }
  return undefined;
}
