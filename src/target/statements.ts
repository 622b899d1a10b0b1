// Import and export statements, read by their form alone. The lexer does not know JSX: the text between tags may contain quotes that never end.

/** An import as it is written. */
export interface Statement {
  readonly specifier: string;
  readonly names: readonly string[];
}

export interface NamedExport {
  readonly name: string;
  /** The name of the export inside the module. `undefined` for a re-export and for an expression. */
  readonly local: string | undefined;
}

const NAME = "[\\p{ID_Start}$_][\\p{ID_Continue}$]*";
const IMPORT = /^\s*(?:import|export)\b(?!\s*type\b)[^;"'`()]*?\bfrom\s*["']([^"'\n]+)["']/gmu;
const DYNAMIC = /\bimport\(\s*["']([^"'\n]+)["']\s*\)/gu;
const DECLARATION = new RegExp(
  `^\\s*export\\s+(default\\s+)?(?:(?:async\\s+)?function\\s*\\*?|(?:abstract\\s+)?class|const|let|var)\\s+(${NAME})`,
  "gmu",
);
const LIST = /^\s*export\s*\{([^}]*)\}/gmu;

/** Returns the exports that an import statement takes by name, and "*" if it takes them as an object. */
export function namesIn(statement: string): string[] {
  const clause = /^\s*(?:import|export)\s+([^"']*?)\s*from\b/su.exec(statement)?.[1] ?? "";
  const list = /\{([^}]*)\}/su.exec(clause)?.[1] ?? "";
  const named = pairsIn(list).map(({ from }) => from);
  const rest = clause.replace(/\{[^}]*\}/su, "");
  const whole = rest.includes("*") ? ["*"] : [];
  return /^[\p{ID_Start}$_]/u.test(rest) ? ["default", ...whole, ...named] : [...whole, ...named];
}

/** Reads the statements of a text that can't be parsed. Each must begin a line. */
export function readStatements(text: string): { readonly imports: readonly Statement[]; readonly exports: readonly NamedExport[] } {
  const imports = [...text.matchAll(IMPORT)].map(([statement, specifier = ""]) => ({ specifier, names: namesIn(statement) }));
  const dynamic = [...text.matchAll(DYNAMIC)].map(([, specifier = ""]) => ({ specifier, names: ["*"] }));
  const declared = [...text.matchAll(DECLARATION)].map(([, isDefault, local = ""]) => ({
    name: isDefault === undefined ? local : "default",
    local,
  }));
  const listed = [...text.matchAll(LIST)].flatMap(([, list = ""]) => pairsIn(list).map(({ from, to }) => ({ name: to, local: from })));
  return { imports: [...imports, ...dynamic], exports: [...declared, ...listed] };
}

// The pairs in a list such as "a, b as c". Types are left out.
function pairsIn(list: string): { readonly from: string; readonly to: string }[] {
  return list.split(",").flatMap((part) => {
    const [from = "", as, to] = part.trim().split(/\s+/u);
    return from === "" || (from === "type" && as !== undefined) ? [] : { from, to: to ?? from };
  });
}
