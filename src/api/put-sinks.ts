// How the items of a putMany go in: one by one, many in a request to another process, or many in a call.
import type { ItemLists, ManyItems, QueuePort, Stored } from "../backend/contract/queue.ts";
import { ENOUGH_BYTES, ListWriter, MOST_MESSAGES } from "../codec/message-list.ts";
import { queueFull } from "../errors/messages.ts";
import { deliver } from "../objects/delivery.ts";
import { type Packed, packInto, packLent } from "../objects/message.ts";
import { COPY_BELOW, copyOf, type KeptBytes, keepForAWhile } from "../util/bytes.ts";
import { now } from "../util/clock.ts";
import type { Wait } from "../util/wait-options.ts";

/** Returns the port of the queue. Throws `ClosedError` if the program has closed the queue in the meantime. */
export type Open = () => QueuePort;

/** Puts the items that it is given, in their order. */
export interface Sink {
  /** The number of items that are in the queue. */
  readonly added: number;
  /** Packs an item, and puts it now or later. If there is a promise, no further item must be given before it resolves. */
  add(item: unknown): Promise<void> | undefined;
  /** Puts the items that were given and are not in the queue yet. After a failure, the promise rejects with that failure. */
  flush(): Promise<void> | undefined;
  /** All items are in, and there are no more. */
  end?(): void;
}

/** For a backend that has no calls for many items. */
export class OneByOne implements Sink {
  added = 0;
  readonly #open: Open;
  readonly #left: () => Wait;

  constructor(open: Open, left: () => Wait) {
    this.#open = open;
    this.#left = left;
  }

  add(item: unknown): Promise<void> | undefined {
    const packed = packLent(item, `items[${this.added}]`);
    if (packed.refs.length > 0 || this.#open().putNow?.(packed) !== true) return this.#wait(packed);
    this.added++;
    return undefined;
  }

  flush(): undefined {}

  async #wait(packed: Packed): Promise<void> {
    if (!(await deliver(packed, async (message) => this.#open().put(message, this.#left())))) throw queueFull();
    this.added++;
  }
}

/** For a backend that asks another process: many items go in one request. */
export class Together implements Sink {
  added = 0;
  readonly #open: Open;
  readonly #many: ManyItems;
  readonly #left: () => Wait;
  // The items that are not in the queue yet. Those of a request stay here until its reply says how many are in.
  readonly #waiting: KeptBytes[] = [];
  #bytes = 0;
  // No more items are taken than there is room for, because those that do not get in are lost for their source.
  #room: number;
  #flight: Promise<void> | undefined;

  constructor(open: Open, many: ManyItems, left: () => Wait) {
    this.#open = open;
    this.#many = many;
    this.#left = left;
    this.#room = many.isBounded ? 1 : MOST_MESSAGES;
  }

  add(item: unknown): Promise<void> | undefined {
    const packed = packLent(item, `items[${this.added + this.#waiting.length}]`);
    const { bytes, refs } = packed;
    if (refs.length > 0 || bytes.length >= COPY_BELOW) return this.#alone({ ...packed, bytes: copyOf(bytes) });
    this.#waiting.push(keepForAWhile(bytes));
    this.#bytes += bytes.length;
    const isFull = this.#waiting.length >= Math.min(this.#room, MOST_MESSAGES) || this.#bytes >= ENOUGH_BYTES;
    return isFull ? this.flush() : undefined;
  }

  flush(): Promise<void> | undefined {
    if (this.#flight === undefined && this.#waiting.length > 0) {
      this.#flight = this.#send().then(() => {
        this.#flight = undefined;
      });
      this.#flight.catch(() => {});
    }
    return this.#flight;
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      const stored = await this.#many.putMany(this.#waiting.slice(0, MOST_MESSAGES), this.#left());
      if (stored === undefined) throw queueFull();
      for (const bytes of this.#waiting.splice(0, stored.count)) this.#bytes -= bytes.length;
      this.added += stored.count;
      this.#room = Math.max(1, stored.room);
    }
  }

  // An item with shared objects inside, or with many bytes, goes after those before it, in a request of its own.
  async #alone(packed: Packed): Promise<void> {
    try {
      await this.flush();
    } catch (error) {
      packed.release(false);
      throw error;
    }
    if (!(await deliver(packed, async (message) => this.#open().put(message, this.#left())))) throw queueFull();
    this.added++;
    if (this.#many.isBounded) this.#room = 1;
  }
}

/** A list that gets full within so many milliseconds is followed by a longer one. */
const AT_ONCE = 1;
const LONGER = 4;
/** The length of the first list, if the source has all items already. */
const FIRST = 64;

/** The memory of a list of so many bytes is used again. */
const MOST_SPARE = 1 << 16;
// An empty list that nobody writes to.
let spare: ListWriter | undefined;

/** For a backend that puts without asking another process: many items go in one call. */
export class InLists implements Sink {
  added = 0;
  readonly #open: Open;
  readonly #left: () => Wait;
  readonly #list: ListWriter;
  // The number of items at which the list is put. It is 1 for a slow source, so that no item waits for the next one; and no more than there
  // is room for, because those that do not get in are lost for their source.
  #limit: number;
  #since = Number.NEGATIVE_INFINITY;
  #flight: Promise<void> | undefined;

  /** @param isQuick whether the source has all items already */
  constructor(open: Open, left: () => Wait, isQuick: boolean) {
    this.#open = open;
    this.#left = left;
    this.#limit = isQuick ? FIRST : 1;
    this.#list = spare ?? new ListWriter();
    spare = undefined;
  }

  add(item: unknown): Promise<void> | undefined {
    const alone = packInto(this.#list, item, this.#root, COPY_BELOW);
    if (alone !== undefined) return this.#alone(alone);
    return this.#list.count >= this.#limit || this.#list.size >= ENOUGH_BYTES ? this.flush() : undefined;
  }

  flush(): Promise<void> | undefined {
    if (this.#flight !== undefined || this.#list.count === 0) return this.#flight;
    const stored = this.#lists.putListNow(this.#list.bytes);
    if (stored !== undefined) this.#note(stored);
    if (this.#list.count === 0) return undefined;
    this.#flight = this.#putRest().finally(() => {
      this.#flight = undefined;
    });
    this.#flight.catch(() => {});
    return this.#flight;
  }

  end(): void {
    if (this.#list.capacity <= MOST_SPARE) spare = this.#list;
  }

  readonly #root = (): string => `items[${this.added + this.#list.count}]`;

  get #lists(): ItemLists {
    return this.#open().lists as ItemLists;
  }

  async #putRest(): Promise<void> {
    while (this.#list.count > 0) {
      const stored = await this.#lists.putList(this.#list, this.#left());
      if (stored === undefined) throw queueFull();
      this.#note(stored);
    }
  }

  #note({ count, room }: Stored): void {
    const time = now();
    const longer = time - this.#since < AT_ONCE ? this.#limit * LONGER : 1;
    this.#since = time;
    this.#limit = Math.max(1, Math.min(longer, room, MOST_MESSAGES));
    this.#list.drop(count);
    this.added += count;
  }

  // An item with shared objects inside, or with many bytes, goes after those before it, in a call of its own.
  async #alone(packed: Packed): Promise<void> {
    try {
      await this.flush();
    } catch (error) {
      packed.release(false);
      throw error;
    }
    if (!(await deliver(packed, async (message) => this.#open().put(message, this.#left())))) throw queueFull();
    this.added++;
    this.#limit = 1;
  }
}
