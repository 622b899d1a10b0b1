// What a process is told when another one that it needs has ended.
import { nameOnPrototype, ProcessError } from "./process-error.ts";

/**
 * A process ended before it finished the work for which this process waits.
 *
 * @example
 * ```ts
 * export function work(): void {
 *   process.exit(3);
 * }
 * if (isMain(import.meta)) {
 *   const child = new Process({ target: work });
 *   await child.start();
 *   await child.result().catch((error) => console.log(error instanceof ProcessDiedError, error.exitCode)); // true 3
 * }
 * ```
 */
export class ProcessDiedError extends ProcessError {
  /** "ERR_POLYPROC_PROCESS_DIED": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_PROCESS_DIED";
  /** The process id of the process that ended. */
  declare readonly pid?: number;
  /** Its exit code, like {@link Process.exitCode}: minus the signal's number if a signal killed it. */
  declare readonly exitCode?: number | null;
  /** The name of the signal that killed it, such as "SIGKILL"; `null` if none did. */
  declare readonly signal?: string | null;
  /** The last lines of its stderr, if that was a pipe and it wrote some. */
  declare readonly stderr?: string;
  /** If consumers of a queue ended: the number of items that they had taken and not marked as done. */
  declare readonly items?: number;
  static {
    nameOnPrototype(ProcessDiedError, "ProcessDiedError");
  }
}

/**
 * A worker of a pool died while it ran a task.
 *
 * @example
 * ```ts
 * export function work(): void {
 *   process.exit(3);
 * }
 * if (isMain(import.meta)) {
 *   await using pool = new Pool({ processes: 1 });
 *   await pool.apply(work).catch((error) => console.log(error instanceof WorkerDiedError, error.exitCode)); // true 3
 * }
 * ```
 */
export class WorkerDiedError extends ProcessDiedError {
  /** "ERR_POLYPROC_WORKER_DIED": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_WORKER_DIED";
  /** The number of the task in its pool. */
  declare readonly task?: number;
  /** The index of the element, if a map made the task. */
  declare readonly index?: number;
  static {
    nameOnPrototype(WorkerDiedError, "WorkerDiedError");
  }
}

/**
 * A task of a pool on a cluster has ended its workers as often as it may (`retries`). It is kept in the dead-letter stream of its namespace.
 *
 * @example
 * ```ts
 * const error: Error = new PoisonTaskError("three workers ended while they ran the task");
 * console.log(error instanceof WorkerDiedError); // true
 * ```
 */
export class PoisonTaskError extends WorkerDiedError {
  /** "ERR_POLYPROC_POISON_TASK": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_POISON_TASK";
  static {
    nameOnPrototype(PoisonTaskError, "PoisonTaskError");
  }
}

/**
 * The workers of a pool can't start: several in a row died before they could take a task. The error's `cause` says what ended the last one.
 *
 * @example
 * ```ts
 * export function prepare(): void {
 *   throw new Error("no database");
 * }
 * export function work(): void {}
 * if (isMain(import.meta)) {
 *   await using pool = new Pool({ initializer: prepare, stderr: "null" });
 *   await pool.apply(work).catch((error) => console.log(error instanceof BrokenPoolError, error.cause.message)); // true no database
 * }
 * ```
 */
export class BrokenPoolError extends ProcessError {
  /** "ERR_POLYPROC_BROKEN_POOL": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_BROKEN_POOL";
  static {
    nameOnPrototype(BrokenPoolError, "BrokenPoolError");
  }
}

/**
 * The process in which a shared object lived is gone, and the object with it.
 *
 * @example
 * ```ts
 * export function make(): Queue {
 *   return new Queue();
 * }
 * if (isMain(import.meta)) {
 *   const child = new Process({ target: make });
 *   await child.start();
 *   const queue = (await child.result().catch((error) => error)) as Queue | OwnerDiedError;
 *   await child.join();
 *   // On the portable backend the queue lived in the child. On the native one it lives on in shared memory.
 *   const error = queue instanceof Queue ? await queue.put(1).catch((error) => error) : queue;
 *   console.log(error === undefined || error instanceof OwnerDiedError); // true
 * }
 * ```
 */
export class OwnerDiedError extends ProcessError {
  /** "ERR_POLYPROC_OWNER_DIED": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_OWNER_DIED";
  /** The process id of that process, if this one has spoken with it. */
  declare readonly pid?: number;
  static {
    nameOnPrototype(OwnerDiedError, "OwnerDiedError");
  }
}
