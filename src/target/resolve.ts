import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type RuntimeName, runtime } from "../runtime/runtime.ts";

type ResolveWith = (specifier: string, options: { conditions: ReadonlySet<string> }) => string;
type Way = (specifier: string, parent: string) => string;

const host = (globalThis as { Bun?: { resolveSync(specifier: string, folder: string): string } }).Bun;

// Each gives what `import` would load, and throws where it can't tell: the other half of a dual package must not be loaded.
const ways: Readonly<Record<RuntimeName, readonly Way[]>> = {
  node: [(specifier, parent) => (createRequire(parent).resolve as ResolveWith)(specifier, { conditions })],
  // Asks from this package's place; what only the parent's place knows is certain for files outside of packages.
  deno: [(specifier) => import.meta.resolve(specifier), (specifier, parent) => outsidePackages(createRequire(parent).resolve(specifier))],
  bun: [(specifier, parent) => (host === undefined ? "" : host.resolveSync(specifier, dirname(fileURLToPath(parent))))],
};

/** The URL that a module means by a specifier, or `undefined` where that can't be told or is no module of the program's own. */
export function resolve(specifier: string, parent: string): string | undefined {
  if (/^(node|bun|npm|jsr|data|blob):/.test(specifier)) return undefined;
  if (/^(file|https?):/.test(specifier)) return specifier;
  // Bun takes relative specifiers as they are: %20 is no space there.
  if (runtime.name !== "bun" && /^\.{0,2}\//.test(specifier)) {
    const url = new URL(specifier, parent);
    if (existsSync(url)) return url.href;
  }
  for (const way of ways[runtime.name]) {
    try {
      const found = way(specifier, parent);
      if (/^(file|https?):/.test(found)) return found;
      if (found.startsWith("/") || /^[A-Za-z]:[\\/]/.test(found)) return pathToFileURL(found).href;
    } catch {
      // The next way may know it.
    }
  }
  return undefined;
}

export function isInPackages(url: string): boolean {
  return url.includes("/node_modules/");
}

function outsidePackages(path: string): string {
  return isInPackages(path) ? "" : path;
}

const conditions: ReadonlySet<string> = new Set(["node", "import", "module-sync", "node-addons", ...givenConditions()]);

function givenConditions(): string[] {
  const flags = `${process.execArgv.join(" ")} ${process.env.NODE_OPTIONS ?? ""}`;
  return [...flags.matchAll(/(?:^|\s)(?:-C|--conditions)[=\s]\s*(\S+)/g)].map(([, name]) => name as string);
}
