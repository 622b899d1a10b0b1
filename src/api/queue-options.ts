import type { QueueSettings } from "../backend/contract/queue.ts";
import type { ObjectOptions } from "../objects/make.ts";
import { describe } from "../util/describe.ts";
import { optionNames, refuseUnknown } from "../util/known-options.ts";

/** Options of a {@link Queue}. */
export interface QueueOptions extends ObjectOptions {
  /** The largest number of items in the queue. 0 or less means no limit. Default: no limit. */
  readonly maxsize?: number;
  /**
   * Whether the items that a dead consumer had taken and not marked done (`taskDone`) go back to the front of the queue. Default `false`:
   * they are lost.
   */
  readonly redeliver?: boolean;
}

/** Options of {@link Queue.shutdown}. */
export interface ShutdownOptions {
  /** Whether the items in the queue are dropped, instead of being left for consumers. Default `false`. */
  readonly immediate?: boolean;
}

/** The names of the options of a queue. */
export const QUEUE_OPTIONS: readonly string[] = optionNames<QueueOptions>({ name: true, maxsize: true, redeliver: true });
const SHUTDOWN_OPTIONS: readonly string[] = optionNames<ShutdownOptions>({ immediate: true });

/** Checks what the constructor of a queue was given. */
export function checkQueueOptions(options: QueueOptions | number): QueueSettings {
  if (typeof options !== "number" && (typeof options !== "object" || options === null))
    throw new TypeError(`A queue takes maxsize or { maxsize?, redeliver? }, received ${describe(options)}.`);
  const { maxsize = 0, redeliver = false } = typeof options === "number" ? { maxsize: options } : options;
  if (typeof maxsize !== "number") throw new TypeError(`maxsize must be a number of items, received ${describe(maxsize)}.`);
  if (!Number.isInteger(maxsize) && maxsize !== Number.POSITIVE_INFINITY && maxsize !== Number.NEGATIVE_INFINITY) {
    throw new RangeError(`maxsize must be a whole number of items, received ${maxsize}.`);
  }
  if (typeof redeliver !== "boolean") throw new TypeError(`redeliver must be a boolean, received ${describe(redeliver)}.`);
  return { maxsize: maxsize > 0 && Number.isFinite(maxsize) ? maxsize : 0, redeliver };
}

/** Checks the options of `shutdown`. Returns whether it drops the items. */
export function checkShutdown(options: ShutdownOptions): boolean {
  if (typeof options !== "object" || options === null) throw new TypeError(`shutdown takes { immediate? }, received ${describe(options)}.`);
  refuseUnknown(options, SHUTDOWN_OPTIONS, "shutdown");
  const { immediate = false } = options;
  if (typeof immediate !== "boolean") throw new TypeError(`immediate must be a boolean, received ${describe(immediate)}.`);
  return immediate;
}
