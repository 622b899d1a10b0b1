import { Kind } from "../entries.ts";
import type { PoolTarget } from "../targets.ts";
import type { CheckedTaskOptions } from "../task-options.ts";
import type { CallHost } from "./call.ts";
import type { Elements } from "./elements.ts";
import { ManyCall } from "./many.ts";
import { Stream } from "./stream.ts";

/** A call whose results come one by one, in the order of the elements or in that in which they are done. */
export class IMapCall extends ManyCall {
  readonly #isOrdered: boolean;
  readonly #stream = new Stream<unknown>();
  // Results that wait for earlier ones.
  readonly #early = new Map<number, unknown>();
  #given = 0;
  #consumed = 0;
  #isDry = true;

  constructor(host: CallHost, target: PoolTarget, options: CheckedTaskOptions, elements: Elements, isOrdered: boolean) {
    super(host, target, options, Kind.map, elements, false);
    this.#isOrdered = isOrdered;
  }

  /** Returns the results. The consumer's `break` gives up what is under way. */
  async *results(): AsyncGenerator<unknown, void, undefined> {
    try {
      for (;;) {
        const next = await this.#stream.next();
        if (next === undefined) return;
        this.#consumed++;
        if (this.#isDry) this.offer();
        yield next.value;
      }
    } finally {
      if (this.end("tell")) this.chunks.close();
    }
  }

  override offer(): void {
    this.#isDry = false;
    super.offer();
  }

  protected mayTake(): number {
    return this.#consumed + (this.options.lookAhead ?? 2 * this.host.workers * this.chunks.size);
  }

  // The source is not offered any more. It is offered again once a value was consumed.
  protected override dry(): void {
    this.#isDry = true;
  }

  protected give(first: number, values: readonly unknown[]): void {
    for (const [i, value] of values.entries()) this.#give(first + i, value);
  }

  protected resolve(): void {
    this.#stream.end();
  }

  protected reject(error: unknown): void {
    this.chunks.close();
    this.#stream.fail(error);
  }

  #give(index: number, value: unknown): void {
    if (!this.#isOrdered) {
      this.#stream.push(value);
      return;
    }
    this.#early.set(index, value);
    while (this.#early.has(this.#given)) {
      this.#stream.push(this.#early.get(this.#given));
      this.#early.delete(this.#given++);
    }
  }
}
