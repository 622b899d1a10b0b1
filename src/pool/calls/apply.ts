import { now } from "../../util/clock.ts";
import { Kind } from "../entries.ts";
import type { PoolTarget } from "../targets.ts";
import type { CheckedTaskOptions } from "../task-options.ts";
import { TaskWork } from "../task-work.ts";
import { type CallHost, PoolCall } from "./call.ts";

/** A call with one task. */
export class ApplyCall extends PoolCall {
  readonly result: Promise<unknown>;
  readonly #work: TaskWork;
  #isTaken = false;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;

  /** Encodes the arguments as they are now. Throws `SerializationError` if they can't travel. */
  constructor(host: CallHost, target: PoolTarget, options: CheckedTaskOptions, args: readonly unknown[]) {
    super(host, target, options);
    this.#work = this.made(() =>
      TaskWork.make(this, args, "args", {
        kind: Kind.apply,
        first: 0,
        size: 1,
        task: host.number(1),
        attempt: 1,
        isIndexed: false,
        since: now(),
      }),
    );
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
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

  values(_first: number, [value]: readonly unknown[]): void {
    if (this.end()) this.#resolve(value);
  }

  failed(_index: number, error: unknown): void {
    this.giveUp(error);
  }

  protected override untaken(): TaskWork | undefined {
    return this.#isTaken ? undefined : this.#work;
  }

  protected reject(error: unknown): void {
    this.#reject(error);
  }

  override reported(_index: number, value: unknown): void {
    this.tell(this.options.onReport, value);
  }
}
