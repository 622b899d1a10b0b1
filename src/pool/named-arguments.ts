import { Kind } from "./entries.ts";
import { packKept, Repeatable } from "./repeatable.ts";
import type { WorkerSource } from "./worker-source.ts";

/** The encoded named arguments of a pool's calls, by their numbers. Each worker gets them once for a call, however many tasks that has. */
export class NamedArguments {
  readonly #kept = new Map<number, Repeatable>();
  #last = 0;

  /** Encodes the named arguments of a call, and returns their number. Throws `SerializationError` if they can't travel to these workers. */
  keep(kwargs: object, source: Pick<WorkerSource, "checkRefs">): number {
    const number = ++this.#last;
    this.#kept.set(number, new Repeatable(packKept(kwargs, "kwargs", { kind: Kind.kwargs, kwargs: number }, source)));
    return number;
  }

  get(number: number): Repeatable | undefined {
    return this.#kept.get(number);
  }

  /** The call has ended. */
  release(number: number): void {
    this.#kept.get(number)?.release();
    this.#kept.delete(number);
  }
}
