// The variables that hold flags of a runtime.
import { carriedFlags, type FlagTable } from "./child-flags.ts";
import { bunFlags, nodeFlags } from "./flag-tables.ts";

// Node and Bun read these variables in every child, so no flag is left out. Only paths are made absolute.
const NOTHING = /^$/;
const tables: Readonly<Record<string, FlagTable>> = {
  NODE_OPTIONS: { ...nodeFlags, left: NOTHING },
  BUN_OPTIONS: { ...bunFlags, left: NOTHING },
};

/** Returns those of the variables that must change for a child with another working folder, because they have relative paths. */
export function variablesElsewhere(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const changed: Record<string, string> = {};
  for (const [name, table] of Object.entries(tables)) {
    const words = wordsOf(environment[name] ?? "");
    const carried = carriedFlags(words, table, true);
    if (carried.some((word, i) => word !== words[i])) changed[name] = carried.map(quoted).join(" ");
  }
  return changed;
}

/** Returns the words of such a variable. Spaces separate them. Double quotes keep spaces, and a backslash in them keeps the next character. */
export function wordsOf(text: string): string[] {
  return [...text.matchAll(/(?:"(?:\\.|[^"\\])*"|[^\s"])+/g)].map(([word]) =>
    word.replace(/"((?:\\.|[^"\\])*)"/g, (_, inner: string) => inner.replace(/\\(.)/g, "$1")),
  );
}

function quoted(word: string): string {
  return /[\s"]/.test(word) ? `"${word.replace(/["\\]/g, "\\$&")}"` : word;
}
