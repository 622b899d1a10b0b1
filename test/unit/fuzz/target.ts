import type { Random } from "./random.ts";

/** Something that takes hostile input. */
export interface Target {
  readonly name: string;
  /** How many of a million inputs are for this one. */
  readonly share: number;
  /** One input; true if it was taken for a good one. Throws for what must never happen. */
  run(random: Random): boolean | Promise<boolean>;
  /** Looks at what must still be as it was: now and then, and at the end. */
  check?(): void | Promise<void>;
  close?(): void | Promise<void>;
}

/** Runs what may throw these classes and no others. */
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
