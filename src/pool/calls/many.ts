import { WorkerDiedError } from "../../errors/errors.ts";
import type { PoolTarget } from "../targets.ts";
import type { CheckedTaskOptions } from "../task-options.ts";
import type { TaskWork } from "../task-work.ts";
import { type CallHost, PoolCall } from "./call.ts";
import { Chunks, type Elements } from "./elements.ts";

/** A call with a task for each element of an iterable. */
export abstract class ManyCall extends PoolCall {
  readonly isSingle: boolean = false;
  protected readonly chunks: Chunks;
  #done = 0;

  /** @param likePython whether an iterable of known length is parted into as many chunks as in Python */
  constructor(host: CallHost, target: PoolTarget, options: CheckedTaskOptions, kind: number, elements: Elements, likePython: boolean) {
    super(host, target, options);
    this.chunks = new Chunks(this, host, elements, { kind, chunkSize: options.chunkSize, likePython, mayTake: () => this.mayTake() });
  }

  /** The number of elements that may be taken now, counted from the first one. */
  protected abstract mayTake(): number;
  /** Notes the results of tasks. `first` is the index of the first one. */
  protected abstract give(first: number, values: readonly unknown[]): void;
  /** Called when all results were noted. */
  protected abstract resolve(): void;
  /** Called when it has no work to give now. It is to be offered again once it has some. */
  protected dry(): void {}

  override offer(): void {
    super.offer();
    this.chunks.pull();
  }

  tasks(most: number): number {
    if (this.isOver) return 0;
    const tasks = this.chunks.tasks(most);
    if (tasks === 0) this.#runDry();
    return tasks;
  }

  get waiting(): number {
    return this.isOver ? 0 : this.chunks.waiting;
  }

  next(): TaskWork | undefined {
    if (this.isOver) return undefined;
    const work = this.chunks.next();
    if (work === undefined) this.#runDry();
    return work;
  }

  values(first: number, values: readonly unknown[]): void {
    if (!this.isOver) this.settled(first, values);
  }

  failed(index: number, error: unknown): void {
    this.giveUp(withIndex(error, index));
  }

  reported(index: number, value: unknown): void {
    this.tell(this.options.onReport, value, index);
  }

  /** Notes what tasks gave, and ends the call after the last one. */
  protected settled(first: number, values: readonly unknown[]): void {
    this.give(first, values);
    this.#done += values.length;
    if (values.length > 0) this.tell(this.options.onProgress, this.#done, this.chunks.total);
    this.#finish();
  }

  #runDry(): void {
    this.dry();
    this.#finish();
  }

  #finish(): void {
    if (!this.chunks.isEmpty || this.#done < this.chunks.count) return;
    if (this.end()) this.resolve();
  }
}

/** Notes the index of the task that failed in an error of this library. A task's own error has it in `remote`. */
export function withIndex(error: unknown, index: number): unknown {
  const isOurs = error instanceof Error && Object.isExtensible(error) && (error as { remote?: unknown }).remote === undefined;
  if (isOurs && (error instanceof WorkerDiedError || !("index" in error)))
    Object.defineProperty(error, "index", { value: index, configurable: true, writable: true, enumerable: false });
  return error;
}
