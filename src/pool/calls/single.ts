import { now } from "../../util/clock.ts";
import type { PoolTarget } from "../targets.ts";
import type { CheckedTaskOptions } from "../task-options.ts";
import { TaskWork } from "../task-work.ts";
import { type CallHost, PoolCall } from "./call.ts";

/** A call with one task. */
export abstract class SingleCall extends PoolCall {
  readonly isSingle: boolean = true;
  readonly #work: TaskWork;
  #isTaken = false;

  /**
   * Encodes the value of the task's entry as it is now. Throws `SerializationError` if it can't travel.
   *
   * @param root the name of the value in that error
   */
  constructor(host: CallHost, target: PoolTarget, options: CheckedTaskOptions, kind: number, value: unknown, root: string) {
    super(host, target, options);
    const fields = { kind, first: 0, size: 1, task: host.number(1), attempt: 1, isIndexed: false, since: now() };
    try {
      this.#work = TaskWork.make(this, value, root, fields);
    } catch (error) {
      this.abandon();
      throw error;
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

  failed(_index: number, error: unknown): void {
    this.giveUp(error);
  }

  reported(_index: number, value: unknown): void {
    this.tell(this.options.onReport, value);
  }

  protected override untaken(): TaskWork | undefined {
    return this.#isTaken ? undefined : this.#work;
  }
}
