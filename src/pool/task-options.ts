import { describe } from "../util/describe.ts";
import { optionNames, refuseUnknown } from "../util/known-options.ts";
import { checkTimeout, type Wait } from "../util/wait-options.ts";

/** Options of every task of a {@link Pool}. */
export interface TaskOptions {
  /** The time limit of each task in milliseconds, from its beginning. A task that takes longer is given up. Default: none. */
  readonly taskTimeout?: number | undefined;
  /** A signal that gives the call up: it rejects with the signal's reason. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** An object that the target gets as its last argument. It is encoded once for the call, and sent once to each worker. Default: none. */
  readonly kwargs?: object | undefined;
  /** The number of times that a task is run again if its worker died. After an error of its own, a task never runs again. Default 0. */
  readonly retries?: number | undefined;
  /** Tasks with the same key run in order in one worker. Default: none. */
  readonly key?: string | number | undefined;
  /** Called with each value that a task reports. If it throws, the call is given up and rejects with that error. Default: none. */
  readonly onReport?: ((value: unknown, index?: number) => void) | undefined;
}

/** Options of `apply`. */
export interface ApplyOptions extends TaskOptions {
  /** The time limit of the call in milliseconds, waiting included. Default: none. */
  readonly timeout?: number | undefined;
  /** Whether the call may wait for room, in a pool with `maxQueued`. If not, it rejects with `Full`. Default `true`. */
  readonly block?: boolean | undefined;
  /** Shared objects that this process closes once the worker has them. Not together with `retries`. Default: none. */
  readonly transfer?: readonly { close(): void }[] | undefined;
}

/** Options of `map` and `starmap`. */
export interface MapOptions extends TaskOptions {
  /** The time limit of the call in milliseconds, waiting included. Default: none. */
  readonly timeout?: number | undefined;
  /**
   * The number of elements that go to a worker together. Default: as many as in Python for an iterable of known length, and otherwise as many
   * as take about 10 ms.
   */
  readonly chunkSize?: number | undefined;
  /** Called after each result with the number of results, and of all elements if that is known. Default: none. */
  readonly onProgress?: ((done: number, total?: number) => void) | undefined;
}

/** Options of `map` and `starmap` that may wait for all tasks, also for those that fail. */
export interface SettleOptions<Settle extends boolean = true> extends MapOptions {
  /** Whether the result has an object `{ status, value }` or `{ status, reason }` for each element, as `Promise.allSettled` gives. Default `false`. */
  readonly settle?: Settle | undefined;
}

/**
 * The results of `map` and `starmap`: values, or with `settle: true` an object for each element.
 *
 * @ignore
 */
export type MapResults<Result, Settle extends boolean> = Settle extends true ? PromiseSettledResult<Result>[] : Result[];

/** Options of `imap` and `imapUnordered`. */
export interface IMapOptions extends Omit<MapOptions, "timeout"> {
  /** The number of elements that are taken from the iterable ahead of what was consumed. Default: 2 x workers x chunk. */
  readonly lookAhead?: number | undefined;
}

/** Options of `iterate`. */
export interface IterateOptions extends TaskOptions {
  /** The number of values that the generator gives ahead of what was consumed. Default 16. */
  readonly lookAhead?: number | undefined;
  /** Shared objects that this process closes once the worker has them. Not together with `retries`. Default: none. */
  readonly transfer?: readonly { close(): void }[] | undefined;
}

type All = ApplyOptions & SettleOptions<boolean> & IMapOptions;

const TASK = ["taskTimeout", "signal", "kwargs", "retries", "key", "onReport"];
const APPLY: readonly string[] = optionNames<ApplyOptions>({
  ...(Object.fromEntries(TASK.map((name) => [name, true])) as Record<keyof TaskOptions, true>),
  timeout: true,
  block: true,
  transfer: true,
});
const MAP: readonly string[] = [...TASK, "timeout", "chunkSize", "onProgress", "settle"];
const IMAP: readonly string[] = [...TASK, "chunkSize", "onProgress", "lookAhead"];
const ITERATE: readonly string[] = [...TASK, "lookAhead", "transfer"];
const NAMES: Readonly<Record<"apply" | "map" | "starmap" | "imap" | "imapUnordered" | "iterate", readonly string[]>> = {
  apply: APPLY,
  map: MAP,
  starmap: MAP,
  imap: IMAP,
  imapUnordered: IMAP,
  iterate: ITERATE,
};

/** The options of a call after they were checked, with their defaults. */
export interface CheckedTaskOptions {
  readonly wait: Wait;
  readonly taskTimeout: number;
  readonly kwargs: object | undefined;
  readonly retries: number;
  readonly key: string | number | undefined;
  readonly onReport: ((value: unknown, index?: number) => void) | undefined;
  readonly onProgress: ((done: number, total?: number) => void) | undefined;
  readonly block: boolean;
  readonly transfer: readonly { close(): void }[];
  readonly chunkSize: number | undefined;
  readonly lookAhead: number | undefined;
  readonly settle: boolean;
}

const NONE: CheckedTaskOptions = {
  wait: { timeout: Number.POSITIVE_INFINITY, signal: undefined },
  taskTimeout: Number.POSITIVE_INFINITY,
  kwargs: undefined,
  retries: 0,
  key: undefined,
  onReport: undefined,
  onProgress: undefined,
  block: true,
  transfer: [],
  chunkSize: undefined,
  lookAhead: undefined,
  settle: false,
};

/** Checks the options of a call. Throws `TypeError`, `RangeError`, or the signal's reason if that is aborted already. */
export function checkTaskOptions(options: unknown, method: keyof typeof NAMES): CheckedTaskOptions {
  if (options === undefined || options === null) return NONE;
  if (typeof options !== "object") throw new TypeError(`The options of ${method}() must be an object, received ${describe(options)}.`);
  refuseUnknown(options, NAMES[method], `${method}()`);
  const given = options as All;
  const { timeout, taskTimeout, signal, kwargs, retries = 0, key, onReport, onProgress, block = true, transfer = [] } = given;
  const { chunkSize, lookAhead, settle = false } = given;
  if (signal !== undefined && !(signal instanceof AbortSignal || Object.prototype.toString.call(signal) === "[object AbortSignal]"))
    throw new TypeError(`signal must be an AbortSignal, received ${describe(signal)}.`);
  if (kwargs !== undefined && (typeof kwargs !== "object" || kwargs === null))
    throw new TypeError(`kwargs must be an object, received ${describe(kwargs)}.`);
  if (key !== undefined && typeof key !== "string" && typeof key !== "number")
    throw new TypeError(`key must be a string or a number, received ${describe(key)}.`);
  for (const [name, value] of Object.entries({ onReport, onProgress }))
    if (value !== undefined && typeof value !== "function") throw new TypeError(`${name} must be a function, received ${describe(value)}.`);
  for (const [name, value] of Object.entries({ block, settle }))
    if (typeof value !== "boolean") throw new TypeError(`${name} must be a boolean, received ${describe(value)}.`);
  const closable = (value: unknown): boolean => typeof value === "object" && value !== null && "close" in value;
  if (!Array.isArray(transfer) || !transfer.every(closable))
    throw new TypeError(`transfer must be an array of connections or queues, received ${describe(transfer)}.`);
  checkWhole(retries, "retries", 0);
  if (transfer.length > 0 && retries > 0)
    throw new TypeError("transfer and retries exclude each other: what was transferred can't be sent again.");
  if (chunkSize !== undefined) checkWhole(chunkSize, "chunkSize", 1);
  if (lookAhead !== undefined) checkWhole(lookAhead, "lookAhead", 1);
  const checked: CheckedTaskOptions = {
    wait: { timeout: checkTimeout(timeout), signal },
    taskTimeout: checkTimeout(taskTimeout, "taskTimeout"),
    kwargs,
    retries,
    key,
    onReport,
    onProgress,
    block,
    transfer: [...transfer],
    chunkSize,
    lookAhead,
    settle,
  };
  signal?.throwIfAborted();
  return checked;
}

/** Checks a whole number. `Infinity` is one, where `most` allows it. */
export function checkWhole(value: unknown, name: string, least: number, most: number = Number.MAX_SAFE_INTEGER): asserts value is number {
  if (typeof value !== "number") throw new TypeError(`${name} must be a number, received ${describe(value)}.`);
  if (value === most) return;
  if (!Number.isInteger(value) || value < least || value > most)
    throw new RangeError(`${name} must be a whole number, at least ${least}, received ${value}.`);
}
