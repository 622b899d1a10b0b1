import type { Callable } from "../../target/target.ts";

/**
 * Runs a function on the present value, in one step.
 *
 * @throws {TypeError} if it returns a promise: other calls would come in between, and could be lost
 */
export function computed(target: Callable, present: unknown, args: readonly unknown[]): unknown {
  const value = (target as (...all: unknown[]) => unknown)(present, ...args);
  if (typeof (value as PromiseLike<unknown> | undefined)?.then !== "function") return value;
  // Nobody waits for it.
  Promise.resolve(value).catch(() => {});
  throw new TypeError(
    `${target.name || "The target"} returned a promise, but compute() is one step: use a synchronous function. Nothing was changed.`,
  );
}
