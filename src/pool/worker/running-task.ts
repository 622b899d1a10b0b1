import { currentName } from "../../launch/position.ts";
import { type CurrentTask, reportedLate } from "../current-task.ts";
import { type Entry, Kind } from "../entries.ts";
import type { Outbox } from "./outbox.ts";

/** The task that this worker runs. */
export class RunningTask {
  seq: number;
  #entry: Entry;
  readonly #outbox: Outbox;
  #view: CurrentTask | undefined;
  #abort: AbortController | undefined;
  // The reports that the parent has not accepted yet, in their order.
  #reports: (() => void)[] | undefined;
  #wanted = Number.POSITIVE_INFINITY;
  #wake: (() => void) | undefined;
  #isOver = false;

  /** @param index the task's index in the entry */
  constructor(entry: Entry, index: number, outbox: Outbox) {
    this.seq = entry.seq + index;
    this.#entry = entry;
    this.#outbox = outbox;
  }

  /** Makes this the record of another task. Returns false if somebody may still have to do with the last one. */
  moveTo(entry: Entry, index: number): boolean {
    const isUntouched = this.#view === undefined && this.#abort === undefined && this.#reports === undefined;
    if (!isUntouched || this.#wanted !== Number.POSITIVE_INFINITY) return false;
    this.seq = entry.seq + index;
    this.#entry = entry;
    this.#isOver = false;
    return true;
  }

  /** What the task itself sees. It is made when the task asks for it, because most tasks don't. */
  get view(): CurrentTask {
    this.#view ??= this.#makeView();
    return this.#view;
  }

  #makeView(): CurrentTask {
    const { task, attempt, seq, number } = this.#entry;
    const offset = this.seq - seq;
    this.#abort ??= new AbortController();
    return {
      id: task + offset,
      attempt,
      ...(number < 0 ? {} : { index: number + offset }),
      signal: this.#abort.signal,
      worker: currentName().name,
      report: (value) => this.#report(value),
    };
  }

  get isAborted(): boolean {
    return this.#abort?.signal.aborted === true;
  }

  async #report(value: unknown): Promise<void> {
    if (this.#isOver) throw reportedLate();
    if (this.isAborted) return;
    this.#outbox.add(value, "value", { kind: Kind.report, seq: this.seq });
    this.#outbox.flush();
    this.#reports ??= [];
    const reports = this.#reports;
    await new Promise<void>((resolve) => reports.push(resolve));
  }

  /** The parent has accepted so many reports. */
  accepted(count: number): void {
    for (const resolve of this.#reports?.splice(0, count) ?? []) resolve();
  }

  /** The task is given up. */
  abort(reason: unknown): void {
    this.#abort ??= new AbortController();
    this.#abort.abort(reason);
    if (this.#reports !== undefined) this.accepted(this.#reports.length);
    this.#wake?.();
  }

  /** Called when the task has settled. */
  end(): void {
    this.#isOver = true;
    if (this.#reports !== undefined) this.accepted(this.#reports.length);
  }

  /** Lets the task's generator give only so many values. */
  limit(count: number): void {
    this.#wanted = count;
  }

  /** Lets the task's generator give so many more values. */
  more(count: number): void {
    this.#wanted += count;
    this.#wake?.();
  }

  /** Waits until the task's generator may give one more value. Returns false if it is to end. */
  async mayGive(): Promise<boolean> {
    while (this.#wanted <= 0 && !this.isAborted)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    this.#wanted--;
    return !this.isAborted;
  }
}
