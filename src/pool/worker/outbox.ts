import type { Message } from "../../backend/contract/message.ts";
import type { QueuePort } from "../../backend/contract/queue.ts";
import { SerializationError } from "../../errors/errors.ts";
import { type Packed, packLent, packReport } from "../../objects/message.ts";
import { asKept, COPY_BELOW, copyOf, join, type KeptBytes, keepForAWhile, MOST_REUSED } from "../../util/bytes.ts";
import { now } from "../../util/clock.ts";
import { FOREVER } from "../../util/wait-options.ts";
import { type Header, headerOf } from "../entries.ts";

/** Entries wait at most so many milliseconds for others to go with. */
const MOST_WAIT = 1;
const MOST_BYTES = 1 << 16;

/**
 * What a worker sends. Where the backend can put an item at once, each entry leaves at once, so that it outlives the worker. Elsewhere a put
 * takes turns of the event loop, so entries that come soon after each other go as one item.
 */
export class Outbox {
  readonly #port: QueuePort;
  readonly #worker: number;
  // Where a put copies the bytes at once, also large ones are lent.
  readonly #lendBelow: number;
  readonly #isFar: boolean;
  readonly #waiting: KeptBytes[] = [];
  #bytes = 0;
  #since = 0;
  #sending = 0;

  /** @param isFar whether the pool is on another host, where no shared object can go */
  constructor(port: QueuePort, worker: number, isFar = false) {
    this.#port = port;
    this.#isFar = isFar;
    this.#lendBelow = port.putNow === undefined ? COPY_BELOW : MOST_REUSED;
    this.#worker = worker;
  }

  /** Whether entries have not left this process yet. */
  get isFull(): boolean {
    return this.#waiting.length > 0 || this.#sending > 0;
  }

  /** Whether entries that should have left at once still wait, for room or for the queue's lock. */
  get isLate(): boolean {
    return this.#sending > 0 && this.#port.putNow !== undefined;
  }

  /** Adds an entry. Throws `SerializationError` if the value can't travel. */
  add(value: unknown, root: string, fields: Partial<Header>): void {
    this.#add(packLent(value, root, headerOf({ ...fields, worker: this.#worker }), this.#lendBelow));
  }

  /** Adds an error. A part of it that can't travel is described. */
  addError(error: unknown, fields: Partial<Header>): void {
    const tail = headerOf({ ...fields, worker: this.#worker });
    try {
      this.#add(packReport({ error }, tail));
    } catch (refusal) {
      this.#add(packReport({ error: refusal }, tail));
    }
  }

  /** Sends the entries that wait. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const bytes = this.#waiting.length === 1 ? (this.#waiting[0] as KeptBytes) : join(this.#waiting);
    this.#waiting.length = 0;
    this.#bytes = 0;
    this.#put({ bytes, refs: [] });
  }

  /** Resolves when all entries have reached the queue. */
  async sent(): Promise<void> {
    this.flush();
    await this.#port.sent();
  }

  #add(packed: Packed): void {
    const [ref] = packed.refs;
    if (ref !== undefined && this.#isFar) {
      packed.release(false);
      throw new SerializationError(`A ${ref.kind} can't go to the program of the pool, which runs on another host: return its contents.`);
    }
    if (packed.refs.length > 0) {
      this.flush();
      this.#put(packed);
      return;
    }
    if (this.#port.putNow !== undefined) {
      if (this.#sending === 0 && this.#port.putNow(packed)) return;
      this.#put({ ...packed, bytes: packed.bytes.length < this.#lendBelow ? copyOf(packed.bytes) : asKept(packed.bytes) });
      return;
    }
    if (this.#waiting.length === 0) this.#since = now();
    this.#waiting.push(keepForAWhile(packed.bytes));
    this.#bytes += packed.bytes.length;
    if (this.#bytes > MOST_BYTES || now() - this.#since > MOST_WAIT) this.flush();
  }

  #put(packed: Message & Partial<Pick<Packed, "release">>): void {
    this.#sending++;
    const settle = (sent: boolean): void => {
      this.#sending--;
      packed.release?.(sent);
    };
    // A result that can't be put must not leave its task without an end. So this error ends the worker.
    void this.#port.put(packed, FOREVER).then(settle, (error: unknown) => {
      settle(false);
      throw error;
    });
  }
}
