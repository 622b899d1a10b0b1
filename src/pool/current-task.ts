import { StateError } from "../errors/errors.ts";

/** The task that a worker of a {@link Pool} runs now. */
export interface CurrentTask {
  /** The task's number in its pool, from 1. */
  readonly id: number;
  /** How often the task has begun: 1 for the first time, more if its worker died and the task has `retries`. */
  readonly attempt: number;
  /** The index of the element, if a map made the task. */
  readonly index?: number;
  /** Aborted when the task is given up: by a timeout or a signal, or because its call has failed. A target should end soon then. */
  readonly signal: AbortSignal;
  /** The name of the worker. */
  readonly worker: string;
  /**
   * Sends a value to the callback `onReport` of the call. Resolves when that has accepted it, or when nobody wants it any more.
   *
   * @throws {SerializationError} if the value can't travel; {@link StateError} once the task has settled
   */
  report(value: unknown): Promise<void>;
}

let current: { readonly view: CurrentTask } | undefined;

/** Sets the task that runs now. `view` is what the task itself sees of it. */
export function setCurrentTask(task: { readonly view: CurrentTask } | undefined): void {
  current = task;
}

/**
 * Returns the task that this worker of a pool runs now, or `undefined` outside of a task.
 *
 * @example
 * ```ts
 * export async function slow(): Promise<void> {
 *   await currentTask()?.report("begun");
 * }
 * ```
 */
export function currentTask(): CurrentTask | undefined {
  return current?.view;
}

/** Makes the error of a report that comes too late. */
export function reportedLate(): StateError {
  return new StateError("The task has settled, so it can't report any more: await report() before the task returns.");
}
