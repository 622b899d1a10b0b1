import { type QueuePort, SIMPLE_QUEUE } from "../backend/contract/queue.ts";
import { makeFor, type ObjectOptions } from "../objects/make.ts";
import { adopt, isClosed, openPort, SharedObject } from "../objects/shared-object.ts";
import { makeWaitable } from "../objects/waitable.ts";
import { checkWait, FOREVER, type WaitOptions } from "../util/wait-options.ts";
import { acceptItem, putInto, putIntoSync, takeFromSync } from "./queue-items.ts";

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
export class SimpleQueue<T = unknown> extends SharedObject<QueuePort> {
  constructor(options: ObjectOptions = {}) {
    super(SIMPLE_QUEUE.label, () => makeFor(new.target, SIMPLE_QUEUE, { maxsize: 0, redeliver: false }, options));
    makeWaitable(this, () => openPort(this, "wait"));
  }

  /** @internal */
  static adopt(port: QueuePort): SimpleQueue {
    return adopt(port, () => new SimpleQueue());
  }

  /** As {@link Queue.put}. */
  async put(item: T, options?: WaitOptions): Promise<void> {
    const pending = putInto(openPort(this, "put"), item, checkWait(options));
    if (pending !== undefined) await pending;
  }

  /** As {@link Queue.get}. */
  async get(options?: WaitOptions): Promise<T> {
    const port = openPort(this, "get");
    const wait = checkWait(options);
    return acceptItem(port.getNow?.() ?? (await port.get(wait))) as T;
  }

  /** Whether no item is in the queue. */
  async empty(): Promise<boolean> {
    return (await openPort(this, "empty").stats()).size === 0;
  }

  /** Whether this process has closed it. */
  get closed(): boolean {
    return isClosed(this);
  }

  /** As `put`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  putSync(item: T): void {
    putIntoSync(openPort(this, "putSync"), item, FOREVER);
  }

  /** As `get`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  getSync(options?: WaitOptions): T {
    const port = openPort(this, "getSync");
    return takeFromSync(port, checkWait(options)) as T;
  }
}
