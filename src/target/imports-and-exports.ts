import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { isOwnModule } from "../util/package-urls.ts";
import { type Export, type Import, parse } from "./lexer.ts";
import { resolve } from "./resolve.ts";

/** The imports and exports of a module. They are read from the module's text, so that the module is not run. */
export interface ImportsAndExports {
  /** URLs of the modules that it loads statically: by `import`, and by a re-export (`export ... from`). */
  readonly imports: readonly string[];
  /** Its named exports. The exports of an `export *` are not among them. */
  readonly exports: readonly NamedExport[];
  /** The reason why the text could not be read, if it could not be read. */
  readonly unreadable?: string;
}

export interface NamedExport {
  readonly name: string;
  /** The name of the export inside the module. `undefined` for a re-export and for an expression. */
  readonly local: string | undefined;
}

const NOTHING: ImportsAndExports = { imports: [], exports: [] };

/** Reads the import and export statements of a module. Never rejects. */
export async function readImportsAndExports(url: string): Promise<ImportsAndExports> {
  // The modules of this package are skipped, because no target is in them.
  if (!url.startsWith("file:") || isOwnModule(url)) return NOTHING;
  let text: string;
  try {
    text = await readFile(fileURLToPath(url), "utf8");
  } catch (error) {
    return { ...NOTHING, unreadable: `${url} could not be read: ${reasonOf(error)}` };
  }
  try {
    const [statements, exports] = await parse(text);
    return {
      imports: statements
        .filter(loadsCode)
        .flatMap(({ specifier }) => resolve(specifier, url) ?? [])
        .filter((found) => !isOwnModule(found)),
      exports: exports.flatMap((found) => namedExport(found, text)),
    };
  } catch (error) {
    return { ...NOTHING, unreadable: `${url} could not be parsed: ${reasonOf(error)}` };
  }
}

// Excludes imports that can't bring a function: an `import defer` must stay unevaluated, and imports with attributes or in another phase
// load data or unfinished modules.
function loadsCode(found: Import): found is Import & { readonly specifier: string } {
  return (
    (found.type === "static" || found.type === "reexport-star") && !found.typeOnly && found.phase === null && found.attributes === null
  );
}

function namedExport(found: Export, text: string): NamedExport[] {
  if (found.name === undefined || found.typeOnly) return [];
  const local = found.type === "direct" ? (found.localName ?? nameAfter(text.slice(found.end))) : undefined;
  return [{ name: found.name, local }];
}

// The lexer does not report the local name of `export default work;`.
function nameAfter(text: string): string | undefined {
  return /^\s+([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*?(?:;|[\r\n]|$)/u.exec(text)?.[1];
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // The first is Deno's error for a missing permission, the second is Node's.
  if (error.name === "NotCapable") return "allow it with --allow-read";
  if ("code" in error && error.code === "ERR_ACCESS_DENIED") return "allow it with --allow-fs-read";
  return error.message;
}
