import { unheld } from "../../../../util/event-loop.ts";
import { FOREVER } from "../../../../util/wait-options.ts";
import type { ManagedSettings, Reply } from "../../../contract/managed.ts";
import { type Incoming, NO_REFS } from "../../../contract/message.ts";
import type { NativeConnection } from "../connection.ts";
import type { NativeQueue } from "../queue.ts";
import { CALL_TAIL, type CallTail, callTailOf, FrameWriter, kept, WELCOME, withoutTail } from "./frames.ts";

const NOTHING = new Uint8Array(0);
const writer = new FrameWriter();

interface Waiting {
  readonly tail: CallTail;
  readonly incoming: Incoming;
}

/**
 * One client of a server. A call with shared objects inside comes over a connection of its own, because there the message itself carries them:
 * to fetch them from the client would make all others wait if the client is stopped. An empty call in the queue stands in its place.
 */
export class ServerSession {
  readonly #replies: NativeQueue;
  readonly #link: NativeConnection;
  readonly #objects: ReadonlyMap<number, ManagedSettings>;
  // Calls that came over the connection, by their numbers, and calls that wait for the one of these before them.
  readonly #linked = new Map<number, Incoming>();
  #waiting: Waiting[] = [];
  #isOver = false;

  /** @param ended is called when the client is gone */
  constructor(replies: NativeQueue, link: NativeConnection, objects: ReadonlyMap<number, ManagedSettings>, ended: () => void) {
    this.#replies = replies;
    this.#link = link;
    this.#objects = objects;
    this.#send(NOTHING, WELCOME, undefined);
    void this.#listen().finally(() => {
      this.#isOver = true;
      ended();
      link.release();
      replies.release();
    });
  }

  /** Takes a call from the queue. */
  called(tail: CallTail, incoming: Incoming): void {
    if (this.#waiting.length === 0 && this.#begin(tail, incoming)) return;
    this.#waiting.push({ tail, incoming: kept(incoming) });
  }

  async #listen(): Promise<void> {
    try {
      for (;;) {
        const incoming = await unheld(() => this.#link.recv(FOREVER));
        const tail = incoming && callTailOf(incoming.message.bytes);
        if (incoming === undefined || tail === undefined) return;
        this.#linked.set(tail.call, withoutTail(incoming, CALL_TAIL));
        while (this.#waiting[0] !== undefined && this.#begin(this.#waiting[0].tail, this.#waiting[0].incoming)) this.#waiting.shift();
      }
    } catch {
      // The client is gone.
    }
  }

  // Returns false if the call is still on its way over the connection.
  #begin(tail: CallTail, incoming: Incoming): boolean {
    const isLinked = incoming.message.bytes.length === 0;
    const call = isLinked ? this.#linked.get(tail.call) : incoming;
    if (call === undefined) return false;
    if (isLinked) this.#linked.delete(tail.call);
    const settings = this.#objects.get(tail.object);
    if (settings === undefined) {
      call.settle();
      this.#send(NOTHING, tail.call, undefined);
    } else settings.call({ incoming: call, caller: this, reply: (reply) => this.#send(reply.bytes, tail.call, reply) });
    return true;
  }

  // A reply without bytes says that the object is gone.
  #send(bytes: Uint8Array, call: number, reply: Reply | undefined): void {
    if (this.#isOver) return reply?.release(false);
    const message = { bytes: writer.reply(bytes, call), refs: reply?.refs ?? NO_REFS };
    try {
      if (this.#replies.putNow(message)) return reply?.release(true);
      this.#replies.put(message, FOREVER).then(
        () => reply?.release(true),
        () => reply?.release(false),
      );
    } catch {
      // There is no memory for the reply. The client learns of it as of a server that is gone.
      reply?.release(false);
      this.#link.release();
    }
  }
}
