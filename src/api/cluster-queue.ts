import type { QueuePort, TakenTask } from "../backend/contract/queue.ts";
import { openPort, type SharedObject } from "../objects/shared-object.ts";
import { checkTimeout } from "../util/wait-options.ts";
import type { GetOptions } from "./producers.ts";
import { Queue } from "./queue.ts";
import type { QueueOptions } from "./queue-options.ts";
import { QueueTask, takeTask } from "./queue-task.ts";

/**
 * The `JoinableQueue` of a cluster. An item belongs to the consumer that took it until it is marked as done. If the consumer dies, or does not
 * reply for the time of the lease, another one gets the item: so each item is handled at least once, and it may be handled twice. `maxsize` bounds
 * the items that are not done, waiting or taken.
 *
 * @example
 * ```ts
 * const mp = await connectCluster({ servers: "nats://127.0.0.1:4222", namespace: "shop" });
 * const orders = new mp.JoinableQueue<string>({ name: "orders to pack" });
 * await orders.put("two apples");
 * const task = await orders.getTask();
 * console.log(task.value, task.attempt); // two apples 1
 * await task.done();
 * await orders.join();
 * await mp.close();
 * ```
 */
export class ClusterQueue<T = unknown> extends Queue<T> {
  /**
   * Makes the queue, or opens the one that has this name.
   *
   * @param options the value of `maxsize`, or `{ name?, maxsize? }`; default: no limit
   * @throws {TypeError} for an option of a wrong type
   * @throws {RangeError} if `maxsize` is not a whole number
   */
  constructor(options: Omit<QueueOptions, "redeliver"> | number = {}) {
    super(typeof options === "number" ? { maxsize: options, redeliver: true } : { ...options, redeliver: true });
  }

  /**
   * Waits for an item, and takes it with what is needed to mark this one as done, also before others that were taken earlier.
   *
   * @param options those of {@link Queue.get}
   * @throws {Empty} if no item came in time
   * @throws {ShutDown} if the queue was shut down and has no more items
   * @throws {ClosedError} after `close()`, also if `close()` is called during the wait
   */
  override async getTask(options?: GetOptions): Promise<ClusterTask<T>> {
    const { taken, value } = await takeTask(openPort(this, "getTask"), options);
    return new ClusterTask(this, taken, value as T);
  }
}

/**
 * An item that a consumer has taken with {@link ClusterQueue.getTask}.
 *
 * @example
 * ```ts
 * const mp = await connectCluster({ servers: "nats://127.0.0.1:4222", namespace: "shop" });
 * const letters = new mp.JoinableQueue<string>({ name: "letters" });
 * await letters.put("dear customer");
 * const task: ClusterTask<string> = await letters.getTask();
 * task.fail();
 * console.log((await letters.getTask()).attempt); // 2
 * await mp.close();
 * ```
 */
export class ClusterTask<T = unknown> extends QueueTask<T> {
  /** 1 when a consumer has it for the first time. */
  readonly attempt: number;
  readonly #taken: TakenTask;

  /** @ignore Called by `getTask()`. */
  constructor(queue: SharedObject<QueuePort>, taken: TakenTask, value: T) {
    super(queue, taken, value);
    this.#taken = taken;
    this.attempt = taken.attempt ?? 1;
  }

  /**
   * Marks the item as done. When the promise resolves, no consumer gets it any more.
   *
   * @throws {StateError} if it was marked or given back before
   * @throws {TimeoutError} if no server confirms it: the item may come again
   */
  override async done(): Promise<void> {
    await super.done();
  }

  /**
   * Gives the item back, for any consumer, like `giveBack()`, and possibly later.
   *
   * @param options `delay`: the time in milliseconds before another consumer can take it; default 0
   * @throws {StateError} if it was marked or given back before
   */
  fail(options: { readonly delay?: number } = {}): void {
    const delay = checkTimeout(options.delay ?? 0, "delay");
    this.#taken.fail?.(delay);
  }
}
