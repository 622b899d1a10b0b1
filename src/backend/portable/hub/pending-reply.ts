import type { Frame } from "../../../codec/frame.ts";
import { Op } from "../../../codec/op.ts";
import type { KeptMessage } from "../../contract/message.ts";
import type { Delivery, Responder, StoredMessage } from "./request.ts";

/** Sends a reply. If it carries an item, `delivery` is told whether the item arrived. */
export type SendReply = (frame: Frame, delivery: Delivery | undefined) => void;

/** The one reply to a request. */
export class PendingReply implements Responder {
  /** Whether the reply was sent. */
  isSent = false;
  readonly #id: number;
  readonly #request: StoredMessage | undefined;
  readonly #send: SendReply;

  /** @param request the message that came with the request */
  constructor(id: number, request: StoredMessage | undefined, send: SendReply) {
    this.#id = id;
    this.#request = request;
    this.#send = send;
  }

  reply(meta?: unknown): void {
    const objectsHeld = this.#request?.objectsHeld;
    // When the sender gets the reply, it releases the objects inside its message. So this hub must have ports to them before that.
    if (objectsHeld === undefined) this.#give(Op.reply, meta);
    else void objectsHeld.then(() => this.#give(Op.reply, meta));
  }

  deliver(message: KeptMessage, delivery: Delivery | undefined, value?: unknown): void {
    this.#give(Op.reply, value, message, delivery);
  }

  fail(error: Error): void {
    this.#give(Op.fail, error);
  }

  decline(): void {
    this.#give(Op.fail, null);
  }

  #give(op: number, meta: unknown, message?: KeptMessage, delivery?: Delivery): void {
    this.isSent = true;
    this.#send({ op, id: this.#id, object: 0, meta, message }, delivery);
  }
}
