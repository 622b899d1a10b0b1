import { decode } from "../../codec/decode.ts";
import { encode } from "../../codec/encode.ts";
import type { Callable } from "../../target/target.ts";

/**
 * Runs a function on the present value, in one step. An object is given as a copy, because the function may change it before it fails.
 *
 * @throws {TypeError} if it returns a promise: other calls would come in between, and could be lost
 */
export function computed(target: Callable, present: unknown, args: readonly unknown[]): unknown {
  const value = (target as (...all: unknown[]) => unknown)(copied(present), ...args);
  if (typeof (value as PromiseLike<unknown> | undefined)?.then !== "function") return value;
  // Nobody waits for it.
  Promise.resolve(value).catch(() => {});
  throw new TypeError(
    `${target.name || "The target"} returned a promise, but compute() is one step: use a synchronous function. Nothing was changed.`,
  );
}

function copied(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { bytes, shared } = encode(value);
  return decode(bytes, shared);
}
