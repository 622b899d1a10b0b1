import type { QueuePort, QueueStats } from "../backend/contract/backend.ts";
import { ShutDown, StateError } from "../errors/errors.ts";
import { Adopted, accept, deliver, deliverSync, packLent, registerShared } from "../objects/message.ts";
import { backendFor, Hold, noSync } from "../objects/shared-object.ts";
import { type BlockOptions, checkWait, describe, ONCE, type Wait, type WaitOptions } from "../util/timing.ts";
import { waitable } from "./wait.ts";

export type { QueueStats } from "../backend/contract/backend.ts";

export interface QueueOptions {
  /** How many items the queue holds at most; without it, or with 0 or less, any number. */
  readonly maxsize?: number;
  /** Give back to the front of the queue what a consumer that died had taken and not marked done. Default `false`. */
  readonly redeliver?: boolean;
}

export interface ShutdownOptions {
  /** Drop what is in the queue instead of letting consumers drain it. Default `false`. */
  readonly immediate?: boolean;
}

function putInto(port: QueuePort, item: unknown, wait: Wait): Promise<void> | undefined {
  const packed = packLent(item, "item");
  // Most puts are in at once: those cost no promise.
  if (packed.refs.length === 0 && port.putNow?.(packed) === true) return undefined;
  return deliver(packed, (message) => port.put(message, wait));
}

const unbounded = { maxsize: 0, redeliver: false };

function checkOptions(options: QueueOptions | number): { maxsize: number; redeliver: boolean } {
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
export class Queue<T = unknown> implements AsyncIterable<T> {
  readonly #hold: Hold<QueuePort>;

  /**
   * @param options `maxsize` alone, or {@link QueueOptions}.
   * @throws {TypeError} if `maxsize` is no number
   * @throws {RangeError} if `maxsize` is no whole number
   */
  constructor(options: QueueOptions | number = unbounded) {
    if (typeof options !== "number" && (typeof options !== "object" || options === null))
      throw new TypeError(`A queue takes maxsize or { maxsize?, redeliver? }, received ${describe(options)}.`);
    const port =
      options instanceof Adopted ? (options.port as QueuePort) : backendFor(new.target).makeQueue("queue", checkOptions(options));
    this.#hold = new Hold(port, "queue", this);
    waitable(this, () => this.#hold.open("wait"));
  }

  /**
   * Puts an item, as it is now, at the end. Settled, the item is seen by every process.
   *
   * @param options `timeout` in ms, `signal`, `block`; default: wait for room for ever
   * @throws {Full} if there was no room in time
   * @throws {ShutDown} if the queue was shut down
   * @throws {ClosedError} after `close()`
   * @throws {SerializationError} if the item can't travel
   */
  async put(item: T, options?: BlockOptions): Promise<void> {
    const port = this.#hold.open("put");
    const wait = checkWait(options);
    const rest = putInto(port, item, wait);
    if (rest !== undefined) await rest;
  }

  /** `put` that never waits: rejects with `Full` at once. */
  async putNowait(item: T): Promise<void> {
    const port = this.#hold.open("putNowait");
    const rest = putInto(port, item, ONCE);
    if (rest !== undefined) await rest;
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
    const port = this.#hold.open("get");
    const wait = checkWait(options);
    return accept(port.getNow?.() ?? (await port.get(wait))) as T;
  }

  /** `get` that never waits: rejects with `Empty` at once. */
  async getNowait(): Promise<T> {
    return accept(await this.#hold.open("getNowait").get(ONCE)) as T;
  }

  /** The number of items in the queue, exact at the moment it was asked. */
  async qsize(): Promise<number> {
    return (await this.#hold.open("qsize").stats()).size;
  }

  /** Whether no item is in the queue: the same counter as `qsize`. */
  async empty(): Promise<boolean> {
    return (await this.#hold.open("empty").stats()).size === 0;
  }

  /** Whether `maxsize` items are in the queue; never, without `maxsize`. */
  async full(): Promise<boolean> {
    const { size, maxsize } = await this.#hold.open("full").stats();
    return maxsize > 0 && size >= maxsize;
  }

  /** Counts since the queue was made; `lost` are items in the hands of consumers that died before their `get` settled. */
  async stats(): Promise<QueueStats> {
    const { maxsize: _, ...stats } = await this.#hold.open("stats").stats();
    return stats;
  }

  /**
   * Marks this process's oldest taken item as done.
   *
   * @throws {StateError} if nothing taken is left to be marked
   */
  async taskDone(): Promise<void> {
    await this.#hold.open("taskDone").taskDone();
  }

  /**
   * Waits until every item that was put has been marked done.
   *
   * @param options `timeout` in ms, `signal`
   * @throws {TimeoutError} if that took too long
   * @throws {ProcessDiedError} if consumers ended holding unmarked items (`items` says how many): they count as done from then on
   */
  async join(options?: WaitOptions): Promise<void> {
    await this.#hold.open("join").join(checkWait(options));
  }

  /**
   * Shuts the queue down for all processes: every `put` rejects with `ShutDown`; `get` drains what is there first.
   *
   * @param options `immediate` drops what is there
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    if (typeof options !== "object" || options === null)
      throw new TypeError(`shutdown takes { immediate? }, received ${describe(options)}.`);
    await this.#hold.open("shutdown").shutdown(options.immediate === true);
  }

  /** Ends this process's use of the queue: pending gets reject with `ClosedError`, pending puts go out. Idempotent. */
  close(): void {
    this.#hold.close();
  }

  /**
   * Waits until what this process put has left it; its exit does that by itself.
   *
   * @throws {StateError} before `close()`
   */
  async joinThread(): Promise<void> {
    if (!this.#hold.closed) throw new StateError("joinThread() waits for the last puts: call close() first.");
    await this.#hold.port.sent();
  }

  /** This process's exit does not wait for unfinished puts: they may be lost. */
  cancelJoinThread(): void {
    this.#hold.port.letGo();
  }

  /** As `put`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  putSync(item: T, options?: BlockOptions): void {
    const port = this.#hold.open("putSync");
    const wait = checkWait(options);
    if (port.putSync === undefined) return noSync("putSync", "put");
    deliverSync(packLent(item, "item"), (message) => port.putSync?.(message, wait));
  }

  /** As `get`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  getSync(options?: BlockOptions): T {
    const port = this.#hold.open("getSync");
    return port.getSync === undefined ? noSync("getSync", "get") : (accept(port.getSync(checkWait(options))) as T);
  }

  /** As `join`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  joinSync(options?: WaitOptions): void {
    const port = this.#hold.open("joinSync");
    if (port.joinSync === undefined) return noSync("joinSync", "join");
    port.joinSync(checkWait(options));
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

  /** As `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** `close()`, then `joinThread()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#hold.port.sent();
  }
}

/** {@link Queue} under Python's name. */
export const JoinableQueue: typeof Queue = Queue;
export type JoinableQueue<T = unknown> = Queue<T>;

/**
 * The plain queue: `put`, `get`, `empty`, `close`.
 *
 * @example
 * ```ts
 * const queue = new SimpleQueue<number>();
 * await queue.put(1);
 * console.log(await queue.get()); // 1
 * ```
 */
export class SimpleQueue<T = unknown> {
  readonly #hold: Hold<QueuePort>;

  constructor(adopted?: unknown) {
    const port = adopted instanceof Adopted ? (adopted.port as QueuePort) : backendFor(new.target).makeQueue("simple", unbounded);
    this.#hold = new Hold(port, "queue", this);
    waitable(this, () => this.#hold.open("wait"));
  }

  /** As {@link Queue.put}. */
  async put(item: T, options?: WaitOptions): Promise<void> {
    const port = this.#hold.open("put");
    const wait = checkWait(options);
    const rest = putInto(port, item, wait);
    if (rest !== undefined) await rest;
  }

  /** As {@link Queue.get}. */
  async get(options?: WaitOptions): Promise<T> {
    const port = this.#hold.open("get");
    const wait = checkWait(options);
    return accept(port.getNow?.() ?? (await port.get(wait))) as T;
  }

  /** Whether no item is in the queue: the same counter as `qsize`. */
  async empty(): Promise<boolean> {
    return (await this.#hold.open("empty").stats()).size === 0;
  }

  /** Whether this process has closed it. */
  get closed(): boolean {
    return this.#hold.closed;
  }

  /** Ends this process's use of the queue. Idempotent. */
  close(): void {
    this.#hold.close();
  }

  /** As `put`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  putSync(item: T): void {
    const port = this.#hold.open("putSync");
    if (port.putSync === undefined) return noSync("putSync", "put");
    deliverSync(packLent(item, "item"), (message) => port.putSync?.(message, checkWait(undefined)));
  }

  /** As `get`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  getSync(options?: WaitOptions): T {
    const port = this.#hold.open("getSync");
    return port.getSync === undefined ? noSync("getSync", "get") : (accept(port.getSync(checkWait(options))) as T);
  }

  /** As `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

registerShared("queue", (adopted) => new Queue(adopted as never));
registerShared("simple", (adopted) => new SimpleQueue(adopted));
