import type { Random } from "../../../tools/random.ts";

/** A part of the library that reads input of other processes. */
export interface Target {
  readonly name: string;
  /** How many of a million inputs are for this target. */
  readonly share: number;
  /** Makes one input and feeds it. Returns whether it was accepted. Throws if something happened that must never happen. */
  run(random: Random): boolean | Promise<boolean>;
  /** Checks a state that must never change. Runs now and then, and at the end. */
  check?(): void | Promise<void>;
  close?(): void | Promise<void>;
}

/** Returns whether `run` accepts its input. It may refuse it with an error of these classes; other errors are thrown. */
export function mayRefuse(run: () => void, ...classes: readonly (abstract new (...args: never[]) => Error)[]): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (classes.some((Class) => error instanceof Class)) return false;
    throw error;
  }
}

export function ensure(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}
