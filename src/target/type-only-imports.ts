import { runtime } from "../runtime/current.ts";
import { modules } from "../util/lazy-modules.ts";

/** Tells which import statements of a module are gone at run time: those of types, and in TypeScript those used as types only. */
export class Elisions {
  readonly #used: (name: string) => boolean;

  constructor(url: string, text: string, statements: readonly { importStart: number; importEnd: number }[]) {
    if (!runtime.elidesImports || /\.[cm]?jsx?$/.test(url)) {
      this.#used = () => true;
      return;
    }
    let rest = text;
    for (const { importStart, importEnd } of statements)
      rest = rest.slice(0, importStart) + " ".repeat(importEnd - importStart) + rest.slice(importEnd);
    const values = withoutTypes(rest);
    this.#used = (name) => new RegExp(`(?<![\\w$]|(?<!\\.\\.)\\.)${name.replaceAll("$", "\\$")}(?![\\w$])`).test(values);
  }

  /** Whether the module that this statement names is loaded with the program. */
  keeps(statement: string): boolean {
    const names = boundNames(statement);
    if (names === undefined) return true;
    return statement.startsWith("export") ? names.length > 0 : names.some(this.#used);
  }
}

// The local names of values that a statement binds; undefined if it is for the module's effects, or all of its exports.
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
    // With an enum or JSX in it, say: some statement may be taken for loaded that is not.
    return text;
  }
}
