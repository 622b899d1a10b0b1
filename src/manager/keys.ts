import { describe } from "../util/describe.ts";

/** What can be a key of a {@link SharedDict} and a value of a {@link SharedSet}. */
export type Key = string | number | bigint | boolean;

/** Throws `TypeError` for a value that can't be a key. */
export function checkKey(key: unknown, what = "A key of a dict"): asserts key is Key {
  const isKey =
    typeof key === "string" || typeof key === "boolean" || typeof key === "bigint" || (typeof key === "number" && Number.isFinite(key));
  if (isKey) return;
  throw new TypeError(
    `${what} must be a string, a finite number, a bigint or a boolean, received ${describe(key)}: copies of an object are never the same key.`,
  );
}

/** Throws `TypeError` for a value that is no name of a field. */
export function checkName(name: unknown): asserts name is string {
  if (typeof name !== "string") throw new TypeError(`The name of a field must be a string, received ${describe(name)}.`);
}
