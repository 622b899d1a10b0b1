import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { init, parse } from "es-module-lexer";

/** What a module's text says, without running it. */
export interface ModuleSource {
  /** URLs of what it imports statically, types aside. */
  readonly imports: readonly string[];
  readonly exports: readonly { readonly name: string; readonly local: string | undefined }[];
  /** Why it could not be read. */
  readonly unreadable?: string;
}

const NOTHING: ModuleSource = { imports: [], exports: [] };
// This package is in every program's graph, and exports no target.
const own = new URL("../../", import.meta.url).href;

export async function readModule(url: string): Promise<ModuleSource> {
  if (!url.startsWith("file:") || isOwn(url)) return NOTHING;
  let text: string;
  try {
    text = await readFile(fileURLToPath(url), "utf8");
  } catch (error) {
    return { ...NOTHING, unreadable: `${url} could not be read: ${error instanceof Error ? error.message : String(error)}` };
  }
  try {
    await init();
    const [imports, exports] = parse(text);
    const specifiers = imports.flatMap((found) => (found.type === "static" || found.type === "reexport-star") && !found.typeOnly && found.specifier !== undefined ? [found.specifier] : []);
    return {
      imports: specifiers.flatMap((specifier) => resolve(specifier, url) ?? []).filter((found) => !isOwn(found)),
      exports: exports.flatMap((found) => ("name" in found && found.typeOnly !== true ? [{ name: found.name, local: "localName" in found ? (found.localName ?? undefined) : undefined }] : [])),
    };
  } catch (error) {
    return { ...NOTHING, unreadable: `${url} could not be parsed: ${error instanceof Error ? error.message : String(error)}` };
  }
}

export function isInPackages(url: string): boolean {
  return url.includes("/node_modules/");
}

// The package's folder holds tests and examples too, when it is checked out by itself.
function isOwn(url: string): boolean {
  return url.startsWith(`${own}src/`) || url === `${own}mod.ts` || url === `${own}mod.js`;
}

function resolve(specifier: string, parent: string): string | undefined {
  if (/^(node|bun|npm|jsr|data):/.test(specifier)) return undefined;
  if (/^(file|https?):/.test(specifier)) return specifier;
  if (/^(\.{0,2}\/)/.test(specifier)) {
    const url = new URL(specifier, parent);
    if (existsSync(url)) return url.href;
  }
  return resolveAsRuntime(specifier, parent);
}

// Bare names and names without an extension mean what the runtime makes of them; a name that it can't resolve is passed over.
function resolveAsRuntime(specifier: string, parent: string): string | undefined {
  const ways = [() => createRequire(parent).resolve(specifier), () => import.meta.resolve(specifier)];
  for (const way of ways) {
    try {
      const found = way();
      if (found.startsWith("file:")) return found;
      if (found.startsWith("/")) return pathToFileURL(found).href;
    } catch {
      // The other way may know it.
    }
  }
  return undefined;
}
