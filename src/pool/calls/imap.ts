import type { PoolTarget } from "../targets.ts";
import type { CheckedTaskOptions } from "../task-options.ts";
import type { TaskWork } from "../task-work.ts";
import { type CallHost, PoolCall } from "./call.ts";
import { Chunks, type Elements } from "./elements.ts";
import { withIndex } from "./map.ts";
import { Stream } from "./stream.ts";

/** A call whose results come one by one, in the order of the elements or in that in which they are done. */
export class IMapCall extends PoolCall {
  readonly #chunks: Chunks;
  readonly #isOrdered: boolean;
  readonly #stream = new Stream<unknown>();
  // Results that wait for earlier ones.
  readonly #early = new Map<number, unknown>();
  #given = 0;
  #consumed = 0;
  #done = 0;
  #isDry = true;

  constructor(host: CallHost, target: PoolTarget, options: CheckedTaskOptions, kind: number, elements: Elements, isOrdered: boolean) {
    super(host, target, options);
    this.#isOrdered = isOrdered;
    this.#chunks = new Chunks(this, host, elements, {
      kind,
      chunkSize: options.chunkSize,
      likePython: false,
      mayTake: () => this.#consumed + (options.lookAhead ?? 2 * host.workers * this.#chunks.size),
    });
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
      if (this.end("tell")) this.#chunks.close();
    }
  }

  override offer(): void {
    this.#isDry = false;
    super.offer();
    this.#chunks.pull();
  }

  tasks(most: number): number {
    if (this.isOver) return 0;
    const tasks = this.#chunks.tasks(most);
    if (tasks === 0) this.#dry();
    return tasks;
  }

  get waiting(): number {
    return this.#chunks.waiting;
  }

  next(): TaskWork | undefined {
    if (this.isOver) return undefined;
    const work = this.#chunks.next();
    if (work === undefined) this.#dry();
    return work;
  }

  values(first: number, values: readonly unknown[]): void {
    if (this.isOver) return;
    for (const [i, value] of values.entries()) this.#give(first + i, value);
    this.#done += values.length;
    if (values.length > 0) this.tell(this.options.onProgress, this.#done, this.#chunks.total);
    this.#finish();
  }

  failed(index: number, error: unknown): void {
    this.giveUp(withIndex(error, index));
  }

  protected reject(error: unknown): void {
    this.#chunks.close();
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

  // The source is not offered any more. It is offered again once a value was consumed.
  #dry(): void {
    this.#isDry = true;
    this.#finish();
  }

  #finish(): void {
    if (!this.#chunks.isEmpty || this.#done < this.#chunks.count) return;
    if (this.end()) this.#stream.end();
  }
}
