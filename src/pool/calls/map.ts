import { WorkerDiedError } from "../../errors/errors.ts";
import type { PoolTarget } from "../targets.ts";
import type { CheckedTaskOptions } from "../task-options.ts";
import type { TaskWork } from "../task-work.ts";
import { type CallHost, PoolCall } from "./call.ts";
import { Chunks, type Elements } from "./elements.ts";
import { Results } from "./results.ts";

/** Notes the index of the task that failed in an error of this library. A task's own error has it in `remote`. */
export function withIndex(error: unknown, index: number): unknown {
  const isOurs = error instanceof Error && Object.isExtensible(error) && (error as { remote?: unknown }).remote === undefined;
  if (isOurs && (error instanceof WorkerDiedError || !("index" in error)))
    Object.defineProperty(error, "index", { value: index, configurable: true, writable: true, enumerable: false });
  return error;
}

/** A call whose results come in one array. */
export class MapCall extends PoolCall {
  readonly result: Promise<unknown[]>;
  readonly #chunks: Chunks;
  readonly #results = new Results();
  #done = 0;
  #resolve!: (values: unknown[]) => void;
  #reject!: (error: unknown) => void;

  constructor(host: CallHost, target: PoolTarget, options: CheckedTaskOptions, kind: number, elements: Elements) {
    super(host, target, options);
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#chunks = new Chunks(this, host, elements, {
      kind,
      chunkSize: options.chunkSize,
      likePython: true,
      mayTake: () => Number.POSITIVE_INFINITY,
    });
  }

  override offer(): void {
    super.offer();
    this.#chunks.pull();
  }

  tasks(most: number): number {
    if (this.isOver) return 0;
    const tasks = this.#chunks.tasks(most);
    if (tasks === 0) this.#finish();
    return tasks;
  }

  get waiting(): number {
    return this.#chunks.waiting;
  }

  next(): TaskWork | undefined {
    if (this.isOver) return undefined;
    const work = this.#chunks.next();
    if (work === undefined) this.#finish();
    return work;
  }

  values(first: number, values: readonly unknown[]): void {
    if (this.isOver) return;
    const { settle, onProgress } = this.options;
    this.#results.add(first, settle ? values.map((value) => ({ status: "fulfilled", value })) : values);
    this.#done += values.length;
    if (values.length > 0) this.tell(onProgress, this.#done, this.#chunks.total);
    this.#finish();
  }

  failed(index: number, error: unknown): void {
    if (!this.options.settle) {
      this.giveUp(withIndex(error, index));
      return;
    }
    this.#results.add(index, [{ status: "rejected", reason: withIndex(error, index) }]);
    this.#done++;
    this.tell(this.options.onProgress, this.#done, this.#chunks.total);
    this.#finish();
  }

  protected reject(error: unknown): void {
    this.#chunks.close();
    this.#reject(error);
  }

  #finish(): void {
    if (!this.#chunks.isEmpty || this.#done < this.#chunks.count) return;
    if (this.end()) this.#resolve(this.#results.all());
  }
}
