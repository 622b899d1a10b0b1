import { type Argument, integer, readArguments, text } from "../../tools/arguments.ts";

type Values = Readonly<Record<string, string | number>>;
type Settings<T extends Values> = { readonly [Name in keyof T]: T[Name] extends number ? number : string };

/** The settings of a program, from its `--name=value` arguments and these defaults. */
export function settings<T extends Values>(defaults: T): Settings<T> {
  const known = Object.entries(defaults).map(([name, value]): [string, Argument<string | number>] => [
    name,
    typeof value === "number" ? integer(value, 0) : text(value),
  ]);
  return readArguments("PROGRAM", Object.fromEntries(known)) as Settings<T>;
}
