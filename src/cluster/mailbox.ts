import type { Incoming, Message } from "../backend/contract/message.ts";
import { ClosedError } from "../errors/errors.ts";
import type { ResultsPort } from "../pool/worker-source.ts";
import { asKept } from "../util/bytes.ts";
import { freeEventLoop, keepEventLoop } from "../util/event-loop.ts";

/** The queue of results of a pool whose workers are on other hosts. Their results come to this process alone, so it lies in its memory. */
export class Mailbox implements ResultsPort {
  readonly #items: Message[] = [];
  #taker: { readonly resolve: (item: Incoming) => void; readonly reject: (error: Error) => void } | undefined;
  #isClosed = false;

  /** Adds an item, whose bytes it keeps. */
  async put(message: Message): Promise<boolean> {
    if (this.#isClosed) return true;
    this.#items.push(message);
    const taker = this.#taker;
    this.#taker = undefined;
    if (taker !== undefined) taker.resolve(this.getNow() as Incoming);
    return true;
  }

  getNow(): Incoming | undefined {
    const message = this.#items.shift();
    return message && { message: { ...message, bytes: asKept(message.bytes) }, lent: false, settle: () => {} };
  }

  /** Takes the next item, and keeps the event loop alive while it waits. There is one taker. */
  async get(): Promise<Incoming | undefined> {
    if (this.#isClosed) throw closed();
    const next = this.getNow();
    if (next !== undefined) return next;
    const coming = Promise.withResolvers<Incoming>();
    this.#taker = coming;
    keepEventLoop();
    return coming.promise.finally(() => freeEventLoop());
  }

  close(): void {
    this.#isClosed = true;
    this.#taker?.reject(closed());
    this.#taker = undefined;
  }
}

function closed(): ClosedError {
  return new ClosedError("The pool is closed.");
}
