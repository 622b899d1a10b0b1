import type { Callable } from "../../target/target.ts";
import { type Entry, Kind } from "../entries.ts";

/** A target, and the arguments of each task of an entry. */
export class Prepared {
  readonly #call: Callable;
  readonly #entry: Entry;
  readonly #value: unknown;
  readonly #kwargs: readonly unknown[];

  constructor(call: Callable, entry: Entry, value: unknown, kwargs: readonly unknown[]) {
    this.#call = call;
    this.#entry = entry;
    this.#value = value;
    this.#kwargs = kwargs;
  }

  /** Calls the target for the task with this index in the entry. */
  run(index: number): unknown {
    if (this.#entry.kind === Kind.map && this.#kwargs.length === 0) {
      const call = this.#call as (element: unknown) => unknown;
      return call((this.#value as unknown[])[index]);
    }
    const args = this.#kwargs.length === 0 ? this.#args(index) : [...this.#args(index), ...this.#kwargs];
    return Reflect.apply(this.#call, undefined, args as never);
  }

  /** The number of values that a generator may give before they are consumed. */
  get lookAhead(): number {
    return (this.#value as { lookAhead: number }).lookAhead;
  }

  #args(index: number): unknown[] {
    switch (this.#entry.kind) {
      case Kind.map:
        return [(this.#value as unknown[])[index]];
      case Kind.starmap:
        return (this.#value as unknown[][])[index] as unknown[];
      case Kind.iterate:
        return (this.#value as { args: unknown[] }).args;
      default:
        return this.#value as unknown[];
    }
  }
}
