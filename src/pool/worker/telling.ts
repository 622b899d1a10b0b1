import { currentName, currentPosition } from "../../launch/position.ts";
import { emit, hears, save, type TaskEvent } from "../../observe/events.ts";
import { now } from "../../util/clock.ts";
import type { Entry } from "../entries.ts";
import { FLOW_MS, flowOf } from "../telling.ts";
import type { Targets } from "./targets.ts";

/** Tells the observers of a worker what it runs. */
export class WorkerTelling {
  /** Whether anybody hears of what ran between two readings of the clock. */
  slices = false;
  /** Whether anybody hears of each task. */
  tasks = false;
  readonly #targets: Targets;
  #began = 0;

  constructor(targets: Targets) {
    this.#targets = targets;
  }

  /** Looks who hears, before the tasks of an entry. */
  look(): void {
    this.slices = hears("slice");
    this.tasks = hears("task");
  }

  /** The next task may take long, or end this worker. */
  save(): void {
    if (this.slices) save();
  }

  /** Tasks of an entry have run, one after another. `index` is that of the first one. */
  ran(entry: Entry, index: number, count: number, began: number, ended: number): void {
    const { task, attempt, seq } = entry;
    const args = { task: task + index, ...(attempt > 1 ? { attempt } : {}) };
    // A quick task needs no arrow, and it would cost more than the task.
    const flow = index === 0 && ended - began >= FLOW_MS ? flowOf(currentPosition().parentPid, currentName().name, seq) : undefined;
    emit("slice", { name: this.#targets.label(entry.target), began, ended, args, flow, tasks: count });
  }

  begun(entry: Entry, index: number): void {
    this.#began = now();
    this.#tell("start", entry, index, {});
  }

  ended(entry: Entry, index: number, failure: { readonly error: unknown } | undefined): void {
    const duration = now() - this.#began;
    this.#tell(failure === undefined ? "end" : "error", entry, index, { duration, ...failure });
  }

  #tell(event: TaskEvent["event"], entry: Entry, index: number, more: Partial<TaskEvent>): void {
    const { task, number, attempt } = entry;
    const indexed = number < 0 ? {} : { index: number + index };
    const target = this.#targets.label(entry.target);
    const { pid } = process;
    emit("task", { event, side: "worker", id: task + index, ...indexed, attempt, target, worker: currentName().name, pid, ...more });
  }
}
