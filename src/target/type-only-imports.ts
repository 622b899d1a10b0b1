import { runtime } from "../runtime/current.ts";
import { modules } from "../util/lazy-modules.ts";

/** The position of a statement in the module's text. */
interface Statement {
  readonly importStart: number;
  readonly importEnd: number;
}

/**
 * Returns the import and export statements of a module that load another module at run time. Statements that name only types are left out.
 * On some runtimes, so are statements of a TypeScript module whose names are used only as types.
 */
export function withoutTypeOnlyImports<T extends Statement>(url: string, text: string, statements: readonly T[]): T[] {
  const isUsed = usedNames(url, text, statements);
  return statements.filter(({ importStart, importEnd }) => isLoaded(text.slice(importStart, importEnd), isUsed));
}

/** Returns a function that says whether the module uses a name as a value, outside of its import statements. */
function usedNames(url: string, text: string, statements: readonly Statement[]): (name: string) => boolean {
  if (!runtime.dropsTypeOnlyImports || /\.[cm]?jsx?$/.test(url)) return () => true;
  let rest = text;
  for (const { importStart, importEnd } of statements)
    rest = rest.slice(0, importStart) + " ".repeat(importEnd - importStart) + rest.slice(importEnd);
  const values = withoutTypes(rest);
  return (name) => new RegExp(`(?<![\\w$]|(?<!\\.\\.)\\.)${name.replaceAll("$", "\\$")}(?![\\w$])`).test(values);
}

function isLoaded(statement: string, isUsed: (name: string) => boolean): boolean {
  const names = boundNames(statement);
  if (names === undefined) return true;
  return statement.startsWith("export") ? names.length > 0 : names.some(isUsed);
}

/** Returns the local names of the values that a statement binds. `undefined` if it binds no names: `import "x"` and `export * from "x"`. */
function boundNames(statement: string): string[] | undefined {
  const clause = /^(?:import|export)\b(.*)\bfrom\s*["']/s.exec(statement)?.[1]?.replaceAll(/\/\*.*?\*\/|\/\/[^\n]*/gs, " ");
  if (clause === undefined || /^export\s*\*/.test(statement)) return undefined;
  const braces = /\{(.*)\}/s.exec(clause);
  const others = clause.replace(/\{.*\}/s, "");
  const parts = [...others.split(","), ...(braces?.[1] ?? "").split(",").filter((part) => !/^\s*type\s+(?!as\s+[^\s]+\s*$)/.test(part))];
  return parts.flatMap((part) => /(\S+)\s*$/.exec(part)?.[1] ?? []);
}

function withoutTypes(text: string): string {
  try {
    return modules().stripTypeScriptTypes(text);
  } catch {
    // Types can't be stripped from text with an enum or JSX. Then names in types count as used too, so that a module too many may be
    // searched.
    return text;
  }
}
