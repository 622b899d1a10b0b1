import { now } from "../../util/clock.ts";
import { Kind } from "../entries.ts";
import type { PoolTarget } from "../targets.ts";
import type { CheckedTaskOptions } from "../task-options.ts";
import { TaskWork } from "../task-work.ts";
import { type CallHost, PoolCall } from "./call.ts";
import { Stream } from "./stream.ts";

const LOOK_AHEAD = 16;

/** A call whose target is a generator. */
export class IterateCall extends PoolCall {
  readonly #work: TaskWork;
  readonly #stream = new Stream<unknown>();
  #isTaken = false;

  constructor(host: CallHost, target: PoolTarget, options: CheckedTaskOptions, args: readonly unknown[]) {
    super(host, target, options);
    this.#work = this.made(() =>
      TaskWork.make(this, { args, lookAhead: options.lookAhead ?? LOOK_AHEAD }, "", {
        kind: Kind.iterate,
        first: 0,
        size: 1,
        task: host.number(1),
        attempt: 1,
        isIndexed: false,
        since: now(),
      }),
    );
  }

  /** Returns the generator's values. The consumer's `break` ends the generator. */
  async *results(): AsyncGenerator<unknown, void, undefined> {
    try {
      for (;;) {
        const next = await this.#stream.next();
        if (next === undefined) return;
        yield next.value;
        this.host.more(this, 1);
      }
    } finally {
      this.end("kill");
    }
  }

  tasks(): number {
    return this.#isTaken || this.isOver ? 0 : 1;
  }

  get waiting(): number {
    return this.tasks();
  }

  next(): TaskWork | undefined {
    if (this.#isTaken || this.isOver) return undefined;
    this.#isTaken = true;
    return this.#work;
  }

  override gave(value: unknown): void {
    this.#stream.push(value);
  }

  values(): void {
    if (this.end()) this.#stream.end();
  }

  failed(_index: number, error: unknown): void {
    this.giveUp(error);
  }

  protected override untaken(): TaskWork | undefined {
    return this.#isTaken ? undefined : this.#work;
  }

  protected reject(error: unknown): void {
    this.#stream.fail(error);
  }

  override reported(_index: number, value: unknown): void {
    this.tell(this.options.onReport, value);
  }
}
