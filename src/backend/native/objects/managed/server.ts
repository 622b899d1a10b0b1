import { decode } from "../../../../codec/decode.ts";
import { unseal } from "../../../../codec/envelope.ts";
import { unheld } from "../../../../util/event-loop.ts";
import { FOREVER } from "../../../../util/wait-options.ts";
import { CONNECTION } from "../../../contract/connection.ts";
import type { ManagedSettings } from "../../../contract/managed.ts";
import type { Incoming } from "../../../contract/message.ts";
import { SIMPLE_QUEUE } from "../../../contract/queue.ts";
import type { Ref } from "../../../contract/ref.ts";
import type { Origin } from "../../core/handle.ts";
import { type Handles, otherKind, type Received } from "../../core/handles.ts";
import { checkLocation } from "../../core/location.ts";
import { NativeConnection } from "../connection.ts";
import { NativeQueue } from "../queue.ts";
import { QueueHandle } from "../queue-handle.ts";
import { drain } from "./drain.ts";
import { CALL_TAIL, callTailOf, withoutTail } from "./frames.ts";
import { ServerSession } from "./server-session.ts";

/**
 * The managed objects that this process has made. All calls come through one queue. Each object has a pair of sockets, of which every holder has
 * a copy of the other end: when the last copy is closed, nobody holds the object any more. Over it a new client sends the queue for its replies.
 */
export class ManagedServer {
  readonly calls: QueueHandle;
  readonly #handles: Handles;
  readonly #objects = new Map<number, ManagedSettings>();
  readonly #sessions = new Map<number, ServerSession>();
  #last = 0;

  constructor(handles: Handles) {
    this.#handles = handles;
    this.calls = handles.make((origin) => QueueHandle.make(handles.thread, origin, { maxsize: 0, redeliver: false, isInternal: true }));
    const queue = new NativeQueue(this.calls, SIMPLE_QUEUE);
    void drain(
      queue,
      () => true,
      (incoming) => this.#handle(incoming),
    );
  }

  /** Adds an object. Returns its number, and the end of the sockets by which it is held. */
  add(settings: ManagedSettings): { readonly number: number; readonly hold: NativeConnection } {
    const [ours, hold] = NativeConnection.makePair(this.#handles.thread, { duplex: true });
    const number = ++this.#last;
    this.#objects.set(number, settings);
    void this.#watch(number, ours, settings);
    return { number, hold };
  }

  // A client that the server does not know is gone, or no client.
  #handle(incoming: Incoming): void {
    const tail = callTailOf(incoming.message.bytes);
    if (tail !== undefined) this.#sessions.get(tail.session)?.called(tail, withoutTail(incoming, CALL_TAIL));
  }

  async #watch(number: number, ours: NativeConnection, settings: ManagedSettings): Promise<void> {
    try {
      for (;;) {
        const incoming = await unheld(() => ours.recv(FOREVER));
        if (incoming !== undefined) this.#greet(incoming);
      }
    } catch {
      // Nobody holds the object any more.
    } finally {
      this.#objects.delete(number);
      ours.release();
      settings.discard();
    }
  }

  #greet(incoming: Incoming): void {
    try {
      const { bytes, refs } = unseal(incoming.message.bytes);
      const [replies, link] = refs;
      const session = decode(bytes);
      if (typeof session !== "number" || this.#sessions.has(session) || replies === undefined || link === undefined) throw otherKind();
      const open = (origin: Origin, fd: number): QueueHandle => QueueHandle.open(this.#handles.thread, origin, fd);
      const received = this.#take(replies, SIMPLE_QUEUE.name);
      const queue = new NativeQueue(
        this.#handles.receive(received, QueueHandle, (origin) => open(origin, received.fd)),
        SIMPLE_QUEUE,
      );
      const connection = NativeConnection.open(this.#handles.thread, this.#take(link, CONNECTION.name));
      this.#sessions.set(session, new ServerSession(queue, connection, this.#objects, () => this.#sessions.delete(session)));
    } catch {
      // This process has no descriptor left, or the client is none. Its end of the connection is closed below, so it hears of it, and may try
      // again. All others go on.
    } finally {
      incoming.settle();
    }
  }

  #take(ref: Ref, kind: string): Received {
    if (ref.kind !== kind) throw otherKind();
    const location = checkLocation(ref);
    const [fd = -1, ...more] = this.#handles.thread.keeper.take(location);
    return { fd, more, location };
  }
}
