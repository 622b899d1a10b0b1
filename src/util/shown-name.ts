import { textOf } from "./checked.ts";

const MOST = 64;

/**
 * Returns a name as it is shown: with "?" in place of what could change a terminal or begin a line of the log, and cut to 64 characters.
 * `undefined` if it is none, or empty.
 */
export function shownName(name: unknown): string | undefined {
  if (typeof name !== "string" || name === "") return undefined;
  const isLong = name.length > MOST;
  return `${textOf(isLong ? name.slice(0, MOST - 1) : name)}${isLong ? "…" : ""}`;
}

/** Returns a name that is shown, in quotation marks and after a space; nothing if there is none. */
export function inQuotes(name: string | null | undefined): string {
  return name == null ? "" : ` ${JSON.stringify(name)}`;
}
