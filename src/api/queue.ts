import { QUEUE, type QueuePort, type QueueSettings, type QueueStats } from "../backend/contract/queue.ts";
import { ShutDown, StateError } from "../errors/errors.ts";
import { notAllDone } from "../errors/messages.ts";
import { makeFor, type ObjectOptions } from "../objects/make.ts";
import { adopt, isClosed, noSync, openPort, portOf, SharedObject } from "../objects/shared-object.ts";
import { makeWaitable } from "../objects/waitable.ts";
import { describe } from "../util/describe.ts";
import { type BlockOptions, checkWait, ONCE, type WaitOptions } from "../util/wait-options.ts";
import { acceptItem, putInto, putIntoSync, takeFromSync } from "./queue-items.ts";

export interface QueueOptions extends ObjectOptions {
  /** How many items the queue holds at most; without it, or with 0 or less, any number. */
  readonly maxsize?: number;
  /** Give back to the front of the queue what a consumer that died had taken and not marked done. Default `false`. */
  readonly redeliver?: boolean;
}

export interface ShutdownOptions {
  /** Drop what is in the queue instead of letting consumers drain it. Default `false`. */
  readonly immediate?: boolean;
}

function checkOptions(options: QueueOptions | number): QueueSettings {
  const { maxsize = 0, redeliver = false } = typeof options === "number" ? { maxsize: options } : options;
  if (typeof maxsize !== "number") throw new TypeError(`maxsize must be a number of items, received ${describe(maxsize)}.`);
  if (!Number.isInteger(maxsize) && maxsize !== Number.POSITIVE_INFINITY && maxsize !== Number.NEGATIVE_INFINITY) {
    throw new RangeError(`maxsize must be a whole number of items, received ${maxsize}.`);
  }
  if (typeof redeliver !== "boolean") throw new TypeError(`redeliver must be a boolean, received ${describe(redeliver)}.`);
  return { maxsize: maxsize > 0 && Number.isFinite(maxsize) ? maxsize : 0, redeliver };
}

/**
 * A queue for many producers and many consumers, in any processes of the tree. First in, first out; each item goes to one `get`.
 *
 * @example
 * ```ts
 * const queue = new Queue<string>({ maxsize: 10 });
 * await queue.put("hello");
 * console.log(await queue.get({ timeout: 1000 })); // "hello"
 * queue.close();
 * ```
 */
export class Queue<T = unknown> extends SharedObject<QueuePort> implements AsyncIterable<T> {
  /**
   * @param options `maxsize` alone, or {@link QueueOptions}
   * @throws {TypeError} if `maxsize` is no number
   * @throws {RangeError} if `maxsize` is no whole number
   */
  constructor(options: QueueOptions | number = {}) {
    if (typeof options !== "number" && (typeof options !== "object" || options === null))
      throw new TypeError(`A queue takes maxsize or { maxsize?, redeliver? }, received ${describe(options)}.`);
    super(QUEUE.label, () => makeFor(new.target, QUEUE, checkOptions(options), typeof options === "number" ? undefined : options));
    makeWaitable(this, () => openPort(this, "wait"));
  }

  /** @internal */
  static adopt(port: QueuePort): Queue {
    return adopt(port, () => new Queue());
  }

  /**
   * Puts an item, as it is now, at the end. Settled, the item is seen by every process.
   *
   * @param item any value that can travel
   * @param options `timeout` in ms, `signal`, `block`; default: wait for room for ever
   * @throws {Full} if there was no room in time
   * @throws {ShutDown} if the queue was shut down
   * @throws {ClosedError} after `close()`
   * @throws {SerializationError} if the item can't travel
   */
  async put(item: T, options?: BlockOptions): Promise<void> {
    const pending = putInto(openPort(this, "put"), item, checkWait(options));
    if (pending !== undefined) await pending;
  }

  /** Puts an item without waiting: rejects with `Full` at once. */
  async putNowait(item: T): Promise<void> {
    const pending = putInto(openPort(this, "putNowait"), item, ONCE);
    if (pending !== undefined) await pending;
  }

  /**
   * Takes the first item, waiting for one.
   *
   * @param options `timeout` in ms, `signal`, `block`; default: wait for ever
   * @throws {Empty} if no item came in time
   * @throws {ShutDown} if the queue was shut down and is drained
   * @throws {ClosedError} after `close()`, also while it waits
   * @throws {OwnerDiedError} if the process that made the queue is gone
   */
  async get(options?: BlockOptions): Promise<T> {
    const port = openPort(this, "get");
    const wait = checkWait(options);
    return acceptItem(port.getNow?.() ?? (await port.get(wait))) as T;
  }

  /** Takes the first item without waiting: rejects with `Empty` at once. */
  async getNowait(): Promise<T> {
    return acceptItem(await openPort(this, "getNowait").get(ONCE)) as T;
  }

  /** The number of items in the queue, exact at the moment it was asked. */
  async qsize(): Promise<number> {
    return (await openPort(this, "qsize").stats()).size;
  }

  /** Whether no item is in the queue: the same counter as `qsize`. */
  async empty(): Promise<boolean> {
    return (await openPort(this, "empty").stats()).size === 0;
  }

  /** Whether `maxsize` items are in the queue; never, without `maxsize`. */
  async full(): Promise<boolean> {
    const { size, maxsize } = await openPort(this, "full").stats();
    return maxsize > 0 && size >= maxsize;
  }

  /** Counts since the queue was made; `lost` are items in the hands of consumers that died before their `get` settled. */
  async stats(): Promise<QueueStats> {
    const { maxsize: _, ...stats } = await openPort(this, "stats").stats();
    return stats;
  }

  /**
   * Marks this process's oldest taken item as done.
   *
   * @throws {StateError} if no taken item is left to be marked
   */
  async taskDone(): Promise<void> {
    await openPort(this, "taskDone").taskDone();
  }

  /**
   * Waits until every item that was put has been marked done.
   *
   * @param options `timeout` in ms, `signal`
   * @throws {TimeoutError} if that took too long
   * @throws {ProcessDiedError} if consumers ended holding unmarked items (`items` says how many): they count as done from then on
   */
  async join(options?: WaitOptions): Promise<void> {
    const port = openPort(this, "join");
    if (!(await port.join(checkWait(options)))) throw notAllDone();
  }

  /**
   * Shuts the queue down for all processes: every `put` rejects with `ShutDown`; `get` drains what is there first.
   *
   * @param options `immediate` drops what is there
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    if (typeof options !== "object" || options === null)
      throw new TypeError(`shutdown takes { immediate? }, received ${describe(options)}.`);
    await openPort(this, "shutdown").shutdown(options.immediate === true);
  }

  /** Ends this process's use of the queue: pending gets reject with `ClosedError`, pending puts go out. Idempotent. */
  override close(): void {
    super.close();
  }

  /**
   * Waits until what this process put has left it. A normal end of the process does that by itself.
   *
   * @throws {StateError} before `close()`
   */
  async joinThread(): Promise<void> {
    if (!isClosed(this)) throw new StateError("joinThread() waits for the last puts: call close() first.");
    await portOf(this).sent();
  }

  /** Lets this process end without waiting for unfinished puts: they may be lost. */
  cancelJoinThread(): void {
    portOf(this).letGo();
  }

  /** As `put`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  putSync(item: T, options?: BlockOptions): void {
    const port = openPort(this, "putSync");
    putIntoSync(port, item, checkWait(options));
  }

  /** As `get`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  getSync(options?: BlockOptions): T {
    const port = openPort(this, "getSync");
    return takeFromSync(port, checkWait(options)) as T;
  }

  /** As `join`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  joinSync(options?: WaitOptions): void {
    const { blocking = noSync("joinSync", "join") } = openPort(this, "joinSync");
    if (!blocking.joinSync(checkWait(options))) throw notAllDone();
  }

  /** The items, until the queue is shut down and drained. `break` takes nothing more and leaves the queue open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      let item: T;
      try {
        item = await this.get();
      } catch (error) {
        if (error instanceof ShutDown) return;
        throw error;
      }
      yield item;
    }
  }

  /** `close()`, then `joinThread()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await portOf(this).sent();
  }
}

/** {@link Queue} under Python's name. */
export const JoinableQueue: typeof Queue = Queue;
export type JoinableQueue<T = unknown> = Queue<T>;
