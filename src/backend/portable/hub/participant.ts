import type { Frame } from "../../../codec/frame.ts";
import type { TornFrame } from "../../../codec/frame-reader.ts";
import { Op } from "../../../codec/op.ts";
import { CorruptedError, OwnerDiedError } from "../../../errors/errors.ts";
import type { Message } from "../../contract/message.ts";
import type { ObjectTable } from "./object-table.ts";
import { PendingReply } from "./pending-reply.ts";
import type { Delivery, HubObject, Request, StoredMessage, Withdraw } from "./request.ts";

/** Stores a message that came from a participant. */
export type Store = (message: Message) => StoredMessage;

const TAKES_MESSAGE: ReadonlySet<number> = new Set([Op.put, Op.putMany, Op.report, Op.invoke]);

/** One process, as the hub sees it. It turns the process's frames into requests on objects, and cleans up when the process goes. */
export class Participant {
  readonly #table: ObjectTable;
  readonly #send: (frame: Frame) => void;
  readonly #store: Store;
  // The objects by the numbers that the process chose for them. An object that was already gone when the process attached it is undefined.
  readonly #objects = new Map<number, { readonly id: string; readonly object: HubObject | undefined }>();
  // All requests that have no reply yet. Those without a function can't be withdrawn.
  readonly #waiting = new Map<number, Withdraw | undefined>();
  readonly #deliveries = new Map<number, Delivery>();
  #endsInOrder = false;

  readonly #sendReply = (frame: Frame, delivery: Delivery | undefined): void => {
    this.#waiting.delete(frame.id);
    if (delivery !== undefined) this.#deliveries.set(frame.id, delivery);
    this.#send(frame);
  };

  constructor(table: ObjectTable, send: (frame: Frame) => void, store: Store) {
    this.#table = table;
    this.#send = send;
    this.#store = store;
  }

  /** Throws `CorruptedError` for frames that break the protocol. */
  receive(frame: Frame): void {
    switch (frame.op) {
      case Op.attach:
        this.#attach(frame);
        return;
      case Op.detach:
        this.#detach(frame.object, false);
        return;
      case Op.leave:
        this.#endsInOrder = true;
        this.#send({ op: Op.reply, id: frame.id, object: 0 });
        return;
      case Op.cancel:
        this.#cancel(frame.id);
        return;
      case Op.settle:
        this.#takeDelivery(frame.id)?.settle(frame.meta);
        return;
      case Op.giveBack:
        this.#takeDelivery(frame.id)?.giveBack();
        return;
      default:
        this.#request(frame);
    }
  }

  /** Called when the process or its connection is gone. `torn` is a frame that was cut off by that. */
  leave(torn?: TornFrame): void {
    // The requests are withdrawn first. Otherwise items and locks that become free below could go to the dead process.
    for (const withdraw of this.#waiting.values()) withdraw?.();
    this.#waiting.clear();
    for (const delivery of this.#deliveries.values()) delivery.lose();
    this.#deliveries.clear();
    if (torn?.op === Op.put) this.#objects.get(torn.object)?.object?.torn?.(torn.arrived, torn.expected);
    for (const number of [...this.#objects.keys()]) this.#detach(number, !this.#endsInOrder);
  }

  #attach({ id, object: number, meta }: Frame): void {
    if (typeof meta !== "string" || this.#objects.has(number)) throw new CorruptedError("An attach names no object, or a number in use.");
    const object = this.#table.attach(meta, this);
    this.#objects.set(number, { id: meta, object });
    if (object === undefined) this.#send({ op: Op.fail, id, object: 0, meta: objectGone() });
    else this.#send({ op: Op.reply, id, object: 0 });
  }

  #detach(number: number, died: boolean): void {
    const attached = this.#objects.get(number);
    this.#objects.delete(number);
    if (attached?.object !== undefined) this.#table.detach(attached.id, this, died);
  }

  #cancel(id: number): void {
    // A cancelled get can cross an item that is already on its way. The hub puts that item back now, before it reads the next request of
    // this process, so that the order of items is kept.
    this.#takeDelivery(id)?.giveBack();
    if (this.#waiting.get(id)?.() !== true) return;
    this.#waiting.delete(id);
    this.#send({ op: Op.fail, id, object: 0, meta: null });
  }

  #takeDelivery(id: number): Delivery | undefined {
    const delivery = this.#deliveries.get(id);
    this.#deliveries.delete(id);
    return delivery;
  }

  #request(frame: Frame): void {
    const { op, id, once, meta } = frame;
    if (this.#waiting.has(id) || this.#deliveries.has(id)) throw new CorruptedError("A request has the number of another one.");
    if (frame.message !== undefined && !TAKES_MESSAGE.has(op))
      throw new CorruptedError("A message came with an operation that takes none.");
    const message = frame.message === undefined ? undefined : this.#store(frame.message);
    const responder = new PendingReply(id, message, this.#sendReply);
    const object = this.#objects.get(frame.object)?.object;
    if (object === undefined) {
      message?.release();
      responder.fail(objectGone());
      return;
    }
    const request: Request = { op, participant: this, once: once === true, meta, message, responder };
    const withdraw = object.handle(request);
    if (!responder.isSent) this.#waiting.set(id, withdraw);
  }
}

function objectGone(): OwnerDiedError {
  return new OwnerDiedError("This object is gone: every process that held it closed it or ended before this call.");
}
