import type { QueuePort, TakenTask } from "../backend/contract/queue.ts";
import { UnsupportedError } from "../errors/errors.ts";
import { queueEmpty, taskEnded } from "../errors/messages.ts";
import { accept } from "../objects/delivery.ts";
import { openPort, type SharedObject } from "../objects/shared-object.ts";
import { checkWait } from "../util/wait-options.ts";
import { checkFrom, FROM_OPTIONS, type GetOptions } from "./producers.ts";
import { takeFrom } from "./take-from.ts";

/**
 * An item that this process has taken with {@link Queue.getTask}. It is ended once: by `done()`, by `giveBack()`, or by a `taskDone()` of the
 * queue: by that of this process while it is its oldest one, or by that of a process that has none. Until then it is in the hands of this process, as
 * an item from `get` is.
 *
 * @example
 * ```ts
 * const queue = new Queue<string>();
 * await queue.putMany(["first", "second"]);
 * const first: QueueTask<string> = await queue.getTask();
 * const second = await queue.getTask();
 * await second.done();
 * await first.giveBack();
 * console.log(await queue.get()); // "first"
 * queue.close();
 * ```
 */
export class QueueTask<T = unknown> {
  /** The item. */
  readonly value: T;
  // A queue that nothing refers to is closed, and then its items are in nobody's hands.
  readonly #queue: SharedObject<QueuePort>;
  readonly #taken: TakenTask;
  #hasEnded = false;

  /** @ignore Called by `getTask()`. */
  constructor(queue: SharedObject<QueuePort>, taken: TakenTask, value: T) {
    this.#queue = queue;
    this.#taken = taken;
    this.value = value;
  }

  /**
   * Marks this item as done, and no other one.
   *
   * @throws {StateError} if it was marked or given back before
   * @throws {ClosedError} after `close()` of the queue
   */
  async done(): Promise<void> {
    await this.#end("done", () => this.#taken.done());
  }

  /**
   * Gives this item back to the front of the queue, where any consumer can take it at once. It is not done then: `join()` waits for it.
   *
   * @throws {StateError} if it was marked or given back before
   * @throws {ClosedError} after `close()` of the queue
   */
  async giveBack(): Promise<void> {
    await this.#end("giveBack", () => this.#taken.giveBack());
  }

  async #end(name: string, end: () => Promise<void>): Promise<void> {
    openPort(this.#queue, name);
    if (this.#hasEnded) throw taskEnded();
    this.#hasEnded = true;
    try {
      await end();
    } catch (error) {
      // Another call may have more success.
      this.#hasEnded = false;
      throw error;
    }
  }
}

/** Takes an item with the options of a `getTask`. Throws `Empty` if none came in time. */
export async function takeTask(
  port: QueuePort,
  options: GetOptions | undefined,
): Promise<{ readonly taken: TakenTask; readonly value: unknown }> {
  const wait = checkWait(options, FROM_OPTIONS);
  const producers = checkFrom(options?.from);
  const { getTask } = port;
  if (getTask === undefined) throw new UnsupportedError("getTask() is not there in this backend: use get() and taskDone().");
  const taken = await (producers === undefined
    ? getTask.call(port, wait)
    : takeFrom(port, wait, producers, (limits) => getTask.call(port, limits)));
  if (taken === undefined) throw queueEmpty();
  try {
    return { taken, value: await accept(taken.incoming) };
  } catch (error) {
    // Nobody could end it, because its caller does not get it. The caller need not wait for that: the queue's host may be silent.
    void taken.done().catch(() => {});
    throw error;
  }
}
