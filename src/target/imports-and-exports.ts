import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { isOwnModule } from "../util/package-urls.ts";
import { type Export, type Import, parse } from "./lexer.ts";
import { resolve } from "./resolve.ts";
import { type NamedExport, namesIn, readStatements, type Statement } from "./statements.ts";

/** The imports and exports of a module. They are read from the module's text, so that the module is not run. */
export interface ImportsAndExports {
  /** The modules that it loads: by `import`, by `import()` with a text, and by a re-export (`export ... from`). */
  readonly imports: readonly NamedImport[];
  /** Its named exports. The exports of an `export *` are not among them. */
  readonly exports: readonly NamedExport[];
  /** The reason why the text could not be read, if it could not be read. */
  readonly unreadable?: string;
}

export interface NamedImport {
  readonly url: string;
  /** The exports that the module takes by name. "*" stands for all of them, as an object. */
  readonly names: readonly string[];
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
    const imports = statements.filter(loadsCode).map((found) => {
      const statement = text.slice(found.importStart, found.importEnd);
      return { specifier: found.specifier as string, names: found.type === "dynamic" ? ["*"] : namesIn(statement) };
    });
    return { imports: located(imports, url), exports: exports.flatMap((found) => namedExport(found, text)) };
  } catch (error) {
    const { imports, exports } = readStatements(text);
    return { imports: located(imports, url), exports, unreadable: `${url} could not be parsed: ${reasonOf(error)}` };
  }
}

function located(imports: readonly Statement[], parent: string): NamedImport[] {
  return imports.flatMap(({ specifier, names }) => {
    const url = resolve(specifier, parent);
    return url === undefined || isOwnModule(url) ? [] : { url, names };
  });
}

// Excludes imports that can't bring a function: an `import defer` must stay unevaluated, and imports with attributes or in another phase
// load data or unfinished modules.
function loadsCode(found: Import): boolean {
  if (found.type === "import-meta" || found.phase !== null || typeof found.specifier !== "string") return false;
  if (found.type === "dynamic") return !found.glob && !found.probablyTypeOnly;
  return !found.typeOnly && found.attributes === null;
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
