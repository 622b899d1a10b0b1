// Command lines of scripts and test programs. `node:util` parses them; this module checks the values and writes the usage message.
import type { ParseArgsConfig } from "node:util";

/** One option or positional argument of a program. */
export interface Argument<T> {
  /** The value as the usage message shows it, such as "N" or "native|portable"; empty for a flag. */
  readonly shown: string;
  readonly isPositional: boolean;
  readonly isRepeatable: boolean;
  /** The value of an argument that was not given. */
  readonly missing: T;
  /** Turns the given texts into a value. Throws {@link UsageError} for a value that is not allowed. */
  parse(texts: readonly string[]): T;
}

type Values<Arguments> = { readonly [Name in keyof Arguments]: Arguments[Name] extends Argument<infer T> ? T : never };

/** A mistake in a command line. */
export class UsageError extends Error {}

function argument<T>(shown: string, missing: T, parse: (text: string) => T): Argument<T> {
  return { shown, isPositional: false, isRepeatable: false, missing, parse: ([given = ""]) => parse(given) };
}

/** Any text. */
export function text(): Argument<string | undefined>;
export function text(missing: string): Argument<string>;
export function text(missing?: string): Argument<string | undefined> {
  return argument("TEXT", missing, (given) => given);
}

/** Any text, given as often as the user likes. */
export function texts(): Argument<readonly string[]> {
  return { ...argument<readonly string[]>("TEXT", [], (given) => [given]), isRepeatable: true, parse: (given) => given };
}

/** A whole number that is at least `least`. */
export function integer(missing: number, least?: number): Argument<number>;
export function integer(missing: undefined, least?: number): Argument<number | undefined>;
export function integer(missing: number | undefined, least: number = Number.MIN_SAFE_INTEGER): Argument<number | undefined> {
  return argument("N", missing, (given) => {
    const value = Number(given);
    if (given.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value;
    const wanted = least === Number.MIN_SAFE_INTEGER ? "a whole number" : `a whole number of at least ${least}`;
    throw new UsageError(`Expected ${wanted}, received "${given}"`);
  });
}

/** One of some words. */
export function choice<T extends string>(words: readonly T[]): Argument<T | undefined>;
export function choice<T extends string>(words: readonly T[], missing: T): Argument<T>;
export function choice<T extends string>(words: readonly T[], missing?: T): Argument<T | undefined> {
  return argument(words.join("|"), missing, (given) => {
    if (words.includes(given as T)) return given as T;
    throw new UsageError(`Expected one of ${words.join(", ")}, received "${given}"`);
  });
}

/** A word that is given or not. */
export function flag(): Argument<boolean> {
  return { ...argument("", false, () => true) };
}

/** Makes an argument positional: it has no name on the command line. Positional arguments come in the order of their definition. */
export function positional<T>(given: Argument<T>): Argument<T> {
  return { ...given, isPositional: true };
}

function usage(command: string, known: Readonly<Record<string, Argument<unknown>>>): string {
  const parts = Object.entries(known).map(([name, { shown, isPositional, isRepeatable }]) => {
    if (isPositional) return `[${name.toUpperCase()}]`;
    return `[--${name}${shown === "" ? "" : ` ${shown}`}]${isRepeatable ? "..." : ""}`;
  });
  return `Usage: ${[command, ...parts].join(" ")}`;
}

function parse<A extends Readonly<Record<string, Argument<unknown>>>>(known: A): Values<A> {
  const entries = Object.entries(known);
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const [name, { shown, isPositional, isRepeatable }] of entries)
    if (!isPositional) options[name] = shown === "" ? { type: "boolean" } : { type: "string", multiple: isRepeatable };
  // Loaded here and not at the start: a program whose start is measured must not pay for it.
  const { parseArgs } = process.getBuiltinModule("node:util");
  const { values, positionals } = parseArgs({ options, allowPositionals: entries.some(([, { isPositional }]) => isPositional) });
  const rest = [...positionals];
  const result = entries.map(([name, each]) => {
    const given = each.isPositional ? rest.shift() : values[name];
    if (given === undefined) return [name, each.missing];
    try {
      return [name, each.parse(Array.isArray(given) ? given.map(String) : [String(given)])];
    } catch (error) {
      throw error instanceof UsageError ? new UsageError(`${error.message} for ${each.isPositional ? name : `--${name}`}.`) : error;
    }
  });
  if (rest.length > 0) throw new UsageError(`Unexpected argument "${rest[0]}".`);
  return Object.fromEntries(result) as Values<A>;
}

/**
 * Reads the command line of this process. A mistake ends the process with exit code 2, after the mistake and the usage were printed.
 * `check` may throw {@link UsageError} for values that are wrong together, or that only the program can judge.
 */
export function readArguments<A extends Readonly<Record<string, Argument<unknown>>>>(
  command: string,
  known: A,
  check: (values: Values<A>) => void = () => {},
): Values<A> {
  try {
    const values = parse(known);
    check(values);
    return values;
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    const isMistake = error instanceof UsageError || (typeof code === "string" && code.startsWith("ERR_PARSE_ARGS"));
    if (!isMistake) throw error;
    console.error(`${(error as Error).message}\n${usage(command, known)}`);
    process.exit(2);
  }
}
