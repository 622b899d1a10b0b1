import { QUEUE, type QueuePort, type QueueSettings, type QueueStats } from "../backend/contract/queue.ts";
import { ShutDown, StateError } from "../errors/errors.ts";
import { notAllDone, queueFull } from "../errors/messages.ts";
import { makeFor, type ObjectOptions } from "../objects/make.ts";
import { adopt, isClosed, noSync, openPort, portOf, SharedObject } from "../objects/shared-object.ts";
import { makeWaitable } from "../objects/waitable.ts";
import { describe } from "../util/describe.ts";
import { optionNames, refuseUnknown } from "../util/known-options.ts";
import { type BlockOptions, checkWait, ONCE, type WaitOptions } from "../util/wait-options.ts";
import { acceptItem, putInto, putIntoSync, takeFromSync } from "./queue-items.ts";

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

const QUEUE_OPTIONS = optionNames<QueueOptions>({ name: true, maxsize: true, redeliver: true });
const SHUTDOWN_OPTIONS = optionNames<ShutdownOptions>({ immediate: true });

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
 * A queue for many producers and many consumers, in any processes of the tree. Items leave in the order in which they were put, and each
 * item goes to exactly one `get`.
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
   * @param options the value of `maxsize`, or {@link QueueOptions}; default: no limit
   * @throws {TypeError} for an option of a wrong type
   * @throws {RangeError} if `maxsize` is not a whole number
   */
  constructor(options: QueueOptions | number = {}) {
    if (typeof options !== "number" && (typeof options !== "object" || options === null))
      throw new TypeError(`A queue takes maxsize or { maxsize?, redeliver? }, received ${describe(options)}.`);
    super(QUEUE.label, () => {
      const named = typeof options === "number" ? undefined : options;
      return makeFor(new.target, QUEUE, checkOptions(options), named, QUEUE_OPTIONS);
    });
    makeWaitable(this, () => openPort(this, "wait"));
  }

  /** @internal */
  static adopt(port: QueuePort): Queue {
    return adopt(port, () => new Queue());
  }

  /**
   * Puts a copy of the item, made at the time of the call, at the end of the queue. When the promise resolves, every process can see the
   * item.
   *
   * @param item any value that can travel
   * @param options `timeout` in ms, `signal`, `block`; default: wait for ever until there is room
   * @throws {Full} if there was no room in time
   * @throws {ShutDown} if the queue was shut down
   * @throws {ClosedError} after `close()`
   * @throws {SerializationError} if the item can't travel
   * @throws {RangeError} if the encoded item is larger than 1 GiB
   * @throws {OwnerDiedError} on the portable backend, if the process that made the queue is gone
   */
  async put(item: T, options?: BlockOptions): Promise<void> {
    const pending = putInto(openPort(this, "put"), item, checkWait(options));
    if (pending !== undefined && !(await pending)) throw queueFull();
  }

  /** Like `put`, but does not wait: rejects with `Full` if there is no room now. */
  async putNowait(item: T): Promise<void> {
    const pending = putInto(openPort(this, "putNowait"), item, ONCE);
    if (pending !== undefined && !(await pending)) throw queueFull();
  }

  /**
   * Waits for an item, and takes the first one.
   *
   * @param options `timeout` in ms, `signal`, `block`; default: wait for ever
   * @throws {Empty} if no item came in time
   * @throws {ShutDown} if the queue was shut down and has no more items
   * @throws {ClosedError} after `close()`, also if `close()` is called during the wait
   * @throws {OwnerDiedError} on the portable backend, if the process that made the queue is gone
   */
  async get(options?: BlockOptions): Promise<T> {
    const port = openPort(this, "get");
    const wait = checkWait(options);
    return acceptItem(port.getNow?.() ?? (await port.get(wait))) as T;
  }

  /** Like `get`, but does not wait: rejects with `Empty` if there is no item now. */
  async getNowait(): Promise<T> {
    return acceptItem(await openPort(this, "getNowait").get(ONCE)) as T;
  }

  /** Returns the number of items in the queue. It is exact at the moment of the call. */
  async qsize(): Promise<number> {
    return (await openPort(this, "qsize").stats()).size;
  }

  /** Returns whether the queue has no items. */
  async empty(): Promise<boolean> {
    return (await openPort(this, "empty").stats()).size === 0;
  }

  /** Returns whether the queue has `maxsize` items. It is always false for a queue without a limit. */
  async full(): Promise<boolean> {
    const { size, maxsize } = await openPort(this, "full").stats();
    return maxsize > 0 && size >= maxsize;
  }

  /** Returns the queue's counts since it was made: see {@link QueueStats}. */
  async stats(): Promise<QueueStats> {
    const { maxsize: _, ...stats } = await openPort(this, "stats").stats();
    return stats;
  }

  /**
   * Marks as done the item that this process took first among those that it has not marked yet.
   *
   * @throws {StateError} if every taken item is marked already
   */
  async taskDone(): Promise<void> {
    await openPort(this, "taskDone").taskDone();
  }

  /**
   * Waits until every item that was put has been marked as done.
   *
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @throws {TimeoutError} if not every item was marked in time
   * @throws {ProcessDiedError} if consumers ended with items that they had not marked. The error's `items` is their number. These items
   * count as done from then on
   */
  async join(options?: WaitOptions): Promise<void> {
    const port = openPort(this, "join");
    if (!(await port.join(checkWait(options)))) throw notAllDone();
  }

  /**
   * Shuts the queue down for all processes. Every `put` rejects with `ShutDown` from now on. Each `get` still takes an item while there is
   * one, and rejects with `ShutDown` afterwards.
   *
   * @param options `immediate`: drop the items that are in the queue; default `false`
   * @throws {TypeError} for an option of a wrong type
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    if (typeof options !== "object" || options === null)
      throw new TypeError(`shutdown takes { immediate? }, received ${describe(options)}.`);
    refuseUnknown(options, SHUTDOWN_OPTIONS, "shutdown");
    const { immediate = false } = options;
    if (typeof immediate !== "boolean") throw new TypeError(`immediate must be a boolean, received ${describe(immediate)}.`);
    await openPort(this, "shutdown").shutdown(immediate);
  }

  /** Closes the queue in this process. Pending gets reject with `ClosedError`; pending puts are completed. A second call does nothing. */
  override close(): void {
    super.close();
  }

  /**
   * Waits until all puts of this process are complete. A process that ends normally waits for that by itself.
   *
   * @throws {StateError} before `close()`
   */
  async joinThread(): Promise<void> {
    if (!isClosed(this)) throw new StateError("joinThread() waits for the last puts: call close() first.");
    await portOf(this).sent();
  }

  /** Lets this process end although puts are not complete. Their items may be lost. */
  cancelJoinThread(): void {
    portOf(this).letGo();
  }

  /** Like `put`, but blocks this thread. Throws `UnsupportedError` on the portable backend. */
  putSync(item: T, options?: BlockOptions): void {
    const port = openPort(this, "putSync");
    putIntoSync(port, item, checkWait(options));
  }

  /** Like `get`, but blocks this thread. Throws `UnsupportedError` on the portable backend. */
  getSync(options?: BlockOptions): T {
    const port = openPort(this, "getSync");
    return takeFromSync(port, options) as T;
  }

  /** Like `join`, but blocks this thread. Throws `UnsupportedError` on the portable backend. */
  joinSync(options?: WaitOptions): void {
    const { blocking = noSync("joinSync", "join") } = openPort(this, "joinSync");
    if (!blocking.joinSync(checkWait(options))) throw notAllDone();
  }

  /** Iterates over the items until the queue is shut down and empty. `break` leaves the queue open and takes no further item. */
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

  /** Calls `close()`, then `joinThread()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await portOf(this).sent();
  }
}

/**
 * Another name of {@link Queue}, for programs that come from Python.
 *
 * @example
 * ```ts
 * const queue = new JoinableQueue<number>();
 * await queue.put(1);
 * await queue.get();
 * await queue.taskDone();
 * await queue.join();
 * queue.close();
 * ```
 */
export const JoinableQueue: typeof Queue = Queue;
/** Another name of the type {@link Queue}. */
export type JoinableQueue<T = unknown> = Queue<T>;
