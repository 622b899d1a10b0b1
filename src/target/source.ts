import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Export, Import, StaticImport } from "es-module-lexer";
import { isOwnModule } from "../util/package-urls.ts";
import { resolve } from "./resolve.ts";
import { Elisions } from "./type-only-imports.ts";

/** What a module's text says, without running it. */
export interface ModuleSource {
  /** URLs of the modules that it loads statically. */
  readonly imports: readonly string[];
  readonly exports: readonly NamedExport[];
  /** Why it could not be read. */
  readonly unreadable?: string;
}

export interface NamedExport {
  readonly name: string;
  readonly local: string | undefined;
}

const NOTHING: ModuleSource = { imports: [], exports: [] };

/** Reads a module's imports and exports. Never rejects. */
export async function readModule(url: string): Promise<ModuleSource> {
  // This package is in every program's graph, and exports no target.
  if (!url.startsWith("file:") || isOwnModule(url)) return NOTHING;
  let text: string;
  try {
    text = await readFile(fileURLToPath(url), "utf8");
  } catch (error) {
    return { ...NOTHING, unreadable: `${url} could not be read: ${reasonOf(error)}` };
  }
  try {
    // Only who looks for a function's module needs it.
    const { init, parse } = await import("es-module-lexer");
    await init();
    const [imports, exports] = parse(text);
    const statements = imports.filter(loads);
    const elisions = new Elisions(url, text, statements);
    const kept = statements.filter(({ importStart, importEnd }) => elisions.keeps(text.slice(importStart, importEnd)));
    return {
      imports: kept.flatMap(({ specifier }) => resolve(specifier, url) ?? []).filter((found) => !isOwnModule(found)),
      exports: exports.flatMap((found) => namedExport(found, text)),
    };
  } catch (error) {
    return { ...NOTHING, unreadable: `${url} could not be parsed: ${reasonOf(error)}` };
  }
}

// A deferred import must stay unevaluated; attributes and other phases are for what is no code.
function loads(found: Import): found is StaticImport {
  return (
    (found.type === "static" || found.type === "reexport-star") && !found.typeOnly && found.phase === null && found.attributes === null
  );
}

function namedExport(found: Export, text: string): NamedExport[] {
  if (!("name" in found) || found.name === undefined || found.typeOnly) return [];
  const local = found.type === "direct" ? (found.localName ?? nameAfter(text.slice(found.end))) : undefined;
  return [{ name: found.name, local }];
}

// `export default work;`
function nameAfter(text: string): string | undefined {
  return /^\s+([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*?(?:;|[\r\n]|$)/u.exec(text)?.[1];
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "NotCapable") return "allow it with --allow-read";
  if ("code" in error && error.code === "ERR_ACCESS_DENIED") return "allow it with --allow-fs-read";
  return error.message;
}
