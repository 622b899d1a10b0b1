import type { Frame } from "../../../codec/frame.ts";
import type { TornFrame } from "../../../codec/frame-reader.ts";
import { Op } from "../../../codec/op.ts";
import { CorruptedError, OwnerDiedError } from "../../../errors/errors.ts";
import type { Message } from "../../contract/message.ts";
import { wholeNumber } from "../objects/operations.ts";
import type { ObjectTable } from "./object-table.ts";
import { PendingReply } from "./pending-reply.ts";
import type { Delivery, HubObject, Request, StoredMessage, Withdraw } from "./request.ts";

/** Stores a message that came from a participant. */
export type Store = (message: Message) => StoredMessage;

const TAKES_MESSAGE: ReadonlySet<number> = new Set([Op.put, Op.putMany, Op.report, Op.invoke]);

/** A request that waits. */
interface Waiting {
  /** The number of its object. */
  readonly object: number;
  /** The call of the program; `undefined` for what the program does not wait for. */
  readonly call: string | undefined;
  /** Without it, the request can't be withdrawn. */
  readonly withdraw: Withdraw | undefined;
}

/** The calls that are told as waits, by what the hub is asked for. */
const CALLS: ReadonlyMap<number, string> = new Map([
  [Op.put, "put"],
  [Op.putMany, "put"],
  [Op.get, "get"],
  [Op.getMany, "get"],
  [Op.getTask, "get"],
  [Op.join, "join"],
]);

/** The same for the operations of locks and the like. */
const OPERATIONS: ReadonlyMap<unknown, string> = new Map([
  ["acquire", "acquire"],
  ["wait", "wait"],
  ["notified", "wait"],
  ["passed", "wait"],
  ["arrive", "wait"],
]);

/** One process, as the hub sees it. It turns the process's frames into requests on objects, and cleans up when the process goes. */
export class Participant {
  /** The process, once it has told it. Only `polyproc ps` needs it. */
  pid: number | null = null;
  readonly #table: ObjectTable;
  readonly #send: (frame: Frame) => void;
  readonly #store: Store;
  // The objects by the numbers that the process chose for them. An object that was already gone when the process attached it is undefined.
  readonly #objects = new Map<number, { readonly id: string; readonly object: HubObject | undefined }>();
  // All requests that have no reply yet.
  readonly #waiting = new Map<number, Waiting>();
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
      case Op.introduce:
        this.pid = wholeNumber(frame.meta, 1);
        this.#send({ op: Op.introduce, id: 0, object: 0, meta: process.pid });
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
    for (const { withdraw } of this.#waiting.values()) withdraw?.();
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
    if (this.#waiting.get(id)?.withdraw?.() !== true) return;
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
    if (!responder.isSent) this.#waiting.set(id, { object: frame.object, call: callOf(op, meta), withdraw });
  }

  /** The objects for which this process waits, each with the call. */
  *waits(): Generator<readonly [id: string, call: string]> {
    for (const { call, object } of this.#waiting.values()) {
      const id = this.#objects.get(object)?.id;
      if (id !== undefined && call !== undefined) yield [id, call];
    }
  }
}

function callOf(op: number, meta: unknown): string | undefined {
  return op === Op.call ? OPERATIONS.get(Array.isArray(meta) ? meta[0] : undefined) : CALLS.get(op);
}

function objectGone(): OwnerDiedError {
  return new OwnerDiedError("This object is gone: every process that held it closed it or ended before this call.");
}
