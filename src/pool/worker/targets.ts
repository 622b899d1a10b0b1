import { decode } from "../../codec/decode.ts";
import { CorruptedError } from "../../errors/errors.ts";
import { loadInChild } from "../../launch/load-in-child.ts";
import { type Callable, labelOf, type TargetRef } from "../../target/target.ts";

/** The targets that this worker knows by their numbers. Each is imported when a task needs it. */
export class Targets {
  readonly #refs = new Map<number, TargetRef>();
  readonly #loaded = new Map<number, Callable>();

  define(number: number, value: Uint8Array): void {
    this.#refs.set(number, decode(value) as TargetRef);
  }

  /** Returns the name by which people know a target. */
  label(number: number): string {
    const ref = this.#refs.get(number);
    return ref === undefined ? "" : labelOf(ref);
  }

  /** Whether a target was imported. */
  has(number: number): boolean {
    return this.#loaded.has(number);
  }

  /** Returns a target, or a promise of it if it has to be imported first. Rejects with the error that its module throws. */
  get(number: number): Callable | Promise<Callable> {
    return this.#loaded.get(number) ?? this.#load(number);
  }

  async #load(number: number): Promise<Callable> {
    const ref = this.#refs.get(number);
    if (ref === undefined) throw new CorruptedError("A pool sent a task without its target.");
    const loaded = await loadInChild(ref);
    this.#loaded.set(number, loaded);
    return loaded;
  }
}
