/** What a process has told of itself is only taken as far as it has the right form: it may be hostile, or of another version. */

const LONGEST_TEXT = 200;

/** Returns the fields of an object; none if it is something else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** Returns the first elements of a list. */
export function listOf(value: unknown, most: number): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, most) : [];
}

/** Returns a text without control characters, which would change the terminal. `null` if it is none. */
export function textOf(value: unknown): string | null {
  if (typeof value !== "string") return null;
  return value.slice(0, LONGEST_TEXT).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
}

/** Returns a number that is not negative; 0 if it is none. */
export function numberOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : 0;
}

/** Returns the number of a process. `null` if it can be none. */
export function pidOf(value: unknown): number | null {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : null;
}
