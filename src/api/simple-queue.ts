import { type QueuePort, type QueueSettings, SIMPLE_QUEUE } from "../backend/contract/queue.ts";
import { queueFull } from "../errors/messages.ts";
import { makeFor, type ObjectOptions } from "../objects/make.ts";
import { adopt, isClosed, openPort, SharedObject } from "../objects/shared-object.ts";
import { makeWaitable } from "../objects/waitable.ts";
import { checkWait, type WaitOptions } from "../util/wait-options.ts";
import { checkFrom, FROM_OPTIONS, type FromOptions } from "./producers.ts";
import { acceptItem, putInto, putIntoSync, takeItem, takeItemSync } from "./queue-items.ts";

const internal = Symbol("internal");

/** Makes a class of queues for this library's own use, with which no event tells of lost items. */
export function internalQueues(): typeof SimpleQueue {
  return Object.defineProperty(class extends SimpleQueue {} as typeof SimpleQueue, internal, { value: true });
}

function settingsFor(Class: object): QueueSettings {
  return { maxsize: 0, redeliver: false, isInternal: Object.hasOwn(Class, internal) };
}

/**
 * A queue without a limit and without `taskDone`, `join` and `shutdown`.
 *
 * Each call rejects with {@link ClosedError} after `close()`, and on the portable backend with {@link OwnerDiedError} if the process that
 * made it is gone.
 *
 * @example
 * ```ts
 * const queue = new SimpleQueue<number>();
 * await queue.put(1);
 * console.log(await queue.get()); // 1
 * queue.close();
 * ```
 */
export class SimpleQueue<T = unknown> extends SharedObject<QueuePort> {
  /**
   * Makes an empty queue.
   *
   * @param options `name`: see {@link ObjectOptions}
   * @throws {TypeError} for options of a wrong type
   */
  constructor(options: ObjectOptions = {}) {
    super(SIMPLE_QUEUE.label, () => makeFor(new.target, SIMPLE_QUEUE, settingsFor(new.target), options));
    makeWaitable(this, () => openPort(this, "wait"));
  }

  /** @internal */
  static adopt(port: QueuePort): SimpleQueue {
    return adopt(port, () => new SimpleQueue());
  }

  /** Puts an item, like {@link Queue.put}. */
  async put(item: T, options?: WaitOptions): Promise<void> {
    const pending = putInto(openPort(this, "put"), item, checkWait(options));
    if (pending !== undefined && !(await pending)) throw queueFull();
  }

  /** Takes an item, like {@link Queue.get}. */
  async get(options?: FromOptions): Promise<T> {
    const port = openPort(this, "get");
    const wait = checkWait(options, FROM_OPTIONS);
    const producers = checkFrom(options?.from);
    return acceptItem(port.getNow?.(true) ?? (await takeItem(port, wait, producers))) as T;
  }

  /** Returns whether the queue has no items. */
  async empty(): Promise<boolean> {
    return (await openPort(this, "empty").stats()).size === 0;
  }

  /** Whether the queue was closed in this process. */
  get closed(): boolean {
    return isClosed(this);
  }

  /** Like `put`, but blocks this thread. Throws `UnsupportedError` on the portable backend. */
  putSync(item: T, options?: WaitOptions): void {
    putIntoSync(openPort(this, "putSync"), item, checkWait(options));
  }

  /** Like `get`, but blocks this thread. Throws `UnsupportedError` on the portable backend. */
  getSync(options?: FromOptions): T {
    return takeItemSync(openPort(this, "getSync"), options) as T;
  }
}
