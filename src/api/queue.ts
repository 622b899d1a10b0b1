import { QUEUE, type QueuePort, type QueueStats } from "../backend/contract/queue.ts";
import { StateError } from "../errors/errors.ts";
import { notAllDone, queueFull } from "../errors/messages.ts";
import { makeFor } from "../objects/make.ts";
import { adopt, isClosed, noSync, openPort, portOf, SharedObject } from "../objects/shared-object.ts";
import { makeWaitable } from "../objects/waitable.ts";
import { type BlockOptions, checkWait, ONCE, type WaitOptions } from "../util/wait-options.ts";
import { checkMost, type TakenMany, takeMany } from "./get-many.ts";
import { putAllSync, takeManySync } from "./many-sync.ts";
import { checkFrom, FROM_OPTIONS, type GetOptions } from "./producers.ts";
import { putAll } from "./put-many.ts";
import { acceptItem, eachItem, putInto, putIntoSync, takeItem, takeItemSync } from "./queue-items.ts";
import { checkQueueOptions, checkShutdown, QUEUE_OPTIONS, type QueueOptions, type ShutdownOptions } from "./queue-options.ts";
import { QueueTask, takeTask } from "./queue-task.ts";

/**
 * A queue for many producers and many consumers, in any processes of the tree. Items leave in the order in which they were put, and each
 * item goes to exactly one `get`.
 *
 * Each call rejects with {@link ClosedError} after `close()`, and on the portable backend with {@link OwnerDiedError} if the process that
 * made it is gone.
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
  // The errors of items that a `getMany` took after others.
  readonly #late: NonNullable<TakenMany["failure"]>[] = [];

  /**
   * Makes an empty queue.
   *
   * @param options the value of `maxsize`, or {@link QueueOptions}; default: no limit
   * @throws {TypeError} for an option of a wrong type
   * @throws {RangeError} if `maxsize` is not a whole number
   */
  constructor(options: QueueOptions | number = {}) {
    const settings = checkQueueOptions(options);
    const named = typeof options === "number" ? undefined : options;
    super(QUEUE.label, () => makeFor(new.target, QUEUE, settings, named, QUEUE_OPTIONS));
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
   * @param options `timeout` in ms, `signal`, `block`, `from` (see {@link FromOptions}); default: wait for ever
   * @throws {Empty} if no item came in time
   * @throws {ShutDown} if the queue was shut down and has no more items, or if all processes of `from` have ended well and no item is left
   * @throws {ProcessDiedError} if no item is left, all processes of `from` have ended, and one of them failed
   * @throws {ClosedError} after `close()`, also if `close()` is called during the wait
   * @throws {OwnerDiedError} on the portable backend, if the process that made the queue is gone
   */
  async get(options?: GetOptions): Promise<T> {
    const port = openPort(this, "get");
    const wait = checkWait(options, FROM_OPTIONS);
    const producers = checkFrom(options?.from);
    if (this.#late.length > 0) this.#throwLate();
    return acceptItem(port.getNow?.(true) ?? (await takeItem(port, wait, producers))) as T;
  }

  /** Like `get`, but does not wait: rejects with `Empty` if there is no item now. */
  async getNowait(): Promise<T> {
    const port = openPort(this, "getNowait");
    if (this.#late.length > 0) this.#throwLate();
    return acceptItem(await port.get(ONCE)) as T;
  }

  /**
   * Puts the items of an iterable, in their order; items of others may come between them. Each item is packed when it is pulled, and the call
   * waits for room as it goes. An item that was pulled is in the queue soon, also while an asynchronous source makes the next one.
   *
   * @param items an iterable or async iterable. If the call fails, its `return()` is called; at most the items for which there was room, and
   * one more, were pulled and are not in the queue
   * @param options `timeout` in ms for the whole call, `signal`, `block`; default: wait for ever until there is room
   * @returns the number of items
   * @throws {Full} if there was no room in time. This error and those below have `added`, the number of items that are in the queue
   * @throws {TimeoutError} if the source gave no item in time
   * @throws {ShutDown} if the queue was shut down
   * @throws {SerializationError} if an item can't travel; `path` names it: `items[3].deep`
   * @throws {ClosedError} after `close()`, also if `close()` is called during the call
   * @throws {TypeError} if `items` is not iterable
   *
   * @example
   * ```ts
   * const queue = new Queue<number>();
   * console.log(await queue.putMany([1, 2, 3])); // 3
   * console.log(await queue.getMany(10)); // [1, 2, 3]
   * queue.close();
   * ```
   */
  async putMany(items: Iterable<T> | AsyncIterable<T>, options?: BlockOptions): Promise<number> {
    const open = (): QueuePort => openPort(this, "putMany");
    return await putAll(open, items, checkWait(options));
  }

  /**
   * Waits for an item, and takes it together with those that are there.
   *
   * @param most the largest number of items, 1 or more
   * @param options those of {@link Queue.get}
   * @returns the items in their order, at least one. An item that can't be received ends the list: the next call rejects with its error
   * @throws {TypeError} or `RangeError` if `most` is not a whole number of 1 or more, and the errors of {@link Queue.get}
   */
  async getMany(most: number, options?: GetOptions): Promise<T[]> {
    const open = (): QueuePort => openPort(this, "getMany");
    open();
    const limit = checkMost(most);
    const wait = checkWait(options, FROM_OPTIONS);
    const producers = checkFrom(options?.from);
    if (this.#late.length > 0) this.#throwLate();
    const { values, failure } = await takeMany(open, limit, wait, producers);
    if (failure !== undefined) this.#late.push(failure);
    return values as T[];
  }

  /**
   * Waits for an item, and takes it with what is needed to mark this one as done, or to give it back, also before others that were taken earlier.
   *
   * @param options those of {@link Queue.get}
   * @throws {Empty} and the other errors of {@link Queue.get}. An item that can't be received is marked as done
   *
   * @example
   * ```ts
   * const queue = new Queue<string>();
   * await queue.put("letter");
   * const task = await queue.getTask();
   * console.log(task.value); // "letter"
   * await task.done();
   * await queue.join();
   * queue.close();
   * ```
   */
  async getTask(options?: GetOptions): Promise<QueueTask<T>> {
    const port = openPort(this, "getTask");
    if (this.#late.length > 0) this.#throwLate();
    const { taken, value } = await takeTask(port, options);
    return new QueueTask(this, taken, value as T);
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
   * Marks as done the item that this process took first among those that it has not marked yet. If it has none, it marks one of another process,
   * but not in a queue that redelivers: there the other process may still die, and its item comes back.
   *
   * @throws {StateError} if every taken item is marked already, or, in a queue that redelivers, every one that this process has taken
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
    await openPort(this, "shutdown").shutdown(checkShutdown(options));
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
  getSync(options?: GetOptions): T {
    const port = openPort(this, "getSync");
    if (this.#late.length > 0) this.#throwLate();
    return takeItemSync(port, options) as T;
  }

  /**
   * Like `putMany`, but takes synchronous iterables alone, and blocks this thread. Throws `UnsupportedError` on the portable backend.
   *
   * @example
   * ```ts
   * const queue = new Queue<number>();
   * if (capabilities().sync) console.log(queue.putManySync([1, 2]), queue.getManySync(10)); // 2 [ 1, 2 ]
   * queue.close();
   * ```
   */
  putManySync(items: Iterable<T>, options?: BlockOptions): number {
    return putAllSync(() => openPort(this, "putManySync"), items, options);
  }

  /** Like `getMany`, but blocks this thread. Throws `UnsupportedError` on the portable backend. */
  getManySync(most: number, options?: GetOptions): T[] {
    const open = (): QueuePort => openPort(this, "getManySync");
    open();
    if (this.#late.length > 0) this.#throwLate();
    const { values, failure } = takeManySync(open, most, options);
    if (failure !== undefined) this.#late.push(failure);
    return values as T[];
  }

  /** Like `join`, but blocks this thread. Throws `UnsupportedError` on the portable backend. */
  joinSync(options?: WaitOptions): void {
    const { blocking = noSync("joinSync", "join") } = openPort(this, "joinSync");
    if (!blocking.joinSync(checkWait(options))) throw notAllDone();
  }

  /** Iterates over the items until the queue is shut down and empty. `break` leaves the queue open and takes no further item. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    return this.items();
  }

  /**
   * Iterates over the items, like the queue itself, with the options of a `get` for each of them.
   *
   * @param options `from`: the processes that may still put (see {@link FromOptions}), whose end ends the iteration; and those of `get`,
   * which count for each item
   * @throws {ProcessDiedError} if no item is left, all processes of `from` have ended, and one of them failed
   *
   * @example
   * ```ts
   * const queue = new Queue<number>();
   * const worker = new Process();
   * await queue.put(1);
   * await worker.start();
   * for await (const item of queue.items({ from: [worker] })) console.log(item); // 1
   * queue.close();
   * ```
   */
  items(options?: GetOptions): AsyncGenerator<T, void, undefined> {
    return eachItem((each) => this.get(each), options);
  }

  // Throws the error of an item that a `getMany` took and could not receive.
  #throwLate(): void {
    const failure = this.#late.shift();
    if (failure !== undefined) throw failure.error;
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
