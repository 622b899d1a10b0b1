import { type Frame, Op, type Torn } from "../../../codec/frame.ts";
import { CorruptedError, OwnerDiedError } from "../../../errors/errors.ts";
import type { Message } from "../../contract/backend.ts";
import type { Answer, Delivery, Holder, Hosted, Kept, Request, Withdraw } from "./request.ts";

/** The objects that a hub serves, and who holds them. */
export class ObjectTable {
  readonly #entries = new Map<string, { readonly object: Hosted; readonly holders: Set<Holder> }>();

  host(id: string, object: Hosted): void {
    this.#entries.set(id, { object, holders: new Set() });
  }

  attach(id: string, who: Holder): Hosted | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    entry.holders.add(who);
    entry.object.arrive(who);
    return entry.object;
  }

  detach(id: string, who: Holder, died: boolean): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || !entry.holders.delete(who)) return;
    entry.object.depart(who, died);
    if (entry.holders.size > 0) return;
    this.#entries.delete(id);
    entry.object.discard();
  }
}

/** One process as its hub sees it: turns its frames into requests on objects, and undoes what it left when it goes. */
export class Participant {
  readonly #table: ObjectTable;
  readonly #send: (frame: Frame) => void;
  readonly #keep: (message: Message) => Kept;
  readonly #objects = new Map<number, { readonly id: string; readonly object: Hosted | undefined }>();
  // Every request that is not answered yet; some can't be taken back.
  readonly #waiting = new Map<number, Withdraw | undefined>();
  readonly #deliveries = new Map<number, Delivery>();
  /** It said that it is about to end in order. */
  #leaving = false;

  readonly #answered = (frame: Frame, delivery: Delivery | undefined): void => {
    this.#waiting.delete(frame.id);
    if (delivery !== undefined) this.#deliveries.set(frame.id, delivery);
    this.#send(frame);
  };

  constructor(table: ObjectTable, send: (frame: Frame) => void, keep: (message: Message) => Kept) {
    this.#table = table;
    this.#send = send;
    this.#keep = keep;
  }

  /** Throws `CorruptedError` for what no client of ours sends. */
  receive(frame: Frame): void {
    switch (frame.op) {
      case Op.attach:
        this.#attach(frame);
        return;
      case Op.detach:
        this.#detach(frame.object, false);
        return;
      case Op.leave:
        this.#leaving = true;
        this.#send({ op: Op.reply, id: frame.id, object: 0 });
        return;
      case Op.cancel:
        this.#cancel(frame.id);
        return;
      case Op.settle:
        this.#takeDelivery(frame.id)?.settle();
        return;
      case Op.giveBack:
        this.#takeDelivery(frame.id)?.giveBack();
        return;
      default:
        this.#request(frame);
    }
  }

  /** The process is gone, or its line is. */
  leave(torn?: Torn): void {
    // First its waits, so that nothing that comes free goes to the dead.
    for (const withdraw of this.#waiting.values()) withdraw?.();
    this.#waiting.clear();
    for (const delivery of this.#deliveries.values()) delivery.lose();
    this.#deliveries.clear();
    if (torn?.op === Op.put) this.#objects.get(torn.object)?.object?.torn?.(this, torn.arrived, torn.expected);
    for (const handle of [...this.#objects.keys()]) this.#detach(handle, !this.#leaving);
  }

  #attach({ id, object: handle, meta }: Frame): void {
    if (typeof meta !== "string" || this.#objects.has(handle)) throw new CorruptedError("An attach names no object, or a number in use.");
    const object = this.#table.attach(meta, this);
    this.#objects.set(handle, { id: meta, object });
    if (object === undefined) this.#send({ op: Op.fail, id, object: 0, meta: freed() });
    else this.#send({ op: Op.reply, id, object: 0 });
  }

  #detach(handle: number, died: boolean): void {
    const held = this.#objects.get(handle);
    this.#objects.delete(handle);
    if (held?.object !== undefined) this.#table.detach(held.id, this, died);
  }

  #cancel(id: number): void {
    // Who gave up has not taken what is on its way: it is back before whatever that process asks next.
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
    const { id } = frame;
    if (this.#waiting.has(id) || this.#deliveries.has(id)) throw new CorruptedError("A request has the number of another one.");
    if (frame.message !== undefined && frame.op !== Op.put && frame.op !== Op.report)
      throw new CorruptedError("A message came with an operation that takes none.");
    const message = frame.message === undefined ? undefined : this.#keep(frame.message);
    const answer = new Answering(id, message, this.#answered);
    const object = this.#objects.get(frame.object)?.object;
    if (object === undefined) {
      message?.release();
      answer.fail(freed());
      return;
    }
    const request: Request = { op: frame.op, who: this, once: frame.once === true, meta: frame.meta, message, answer };
    const withdraw = object.handle(request);
    if (!answer.given) this.#waiting.set(id, withdraw);
  }
}

/** The one answer to a request. */
class Answering implements Answer {
  given = false;
  readonly #id: number;
  readonly #message: Kept | undefined;
  readonly #send: (frame: Frame, delivery: Delivery | undefined) => void;

  constructor(id: number, message: Kept | undefined, send: (frame: Frame, delivery: Delivery | undefined) => void) {
    this.#id = id;
    this.#message = message;
    this.#send = send;
  }

  reply(meta?: unknown): void {
    const pinned = this.#message?.pinned;
    // The sender holds what its message refers to until this hub does.
    if (pinned === undefined) this.#give(Op.reply, meta);
    else void pinned.then(() => this.#give(Op.reply, meta));
  }

  deliver(message: Message, delivery: Delivery): void {
    this.#give(Op.reply, undefined, message, delivery);
  }

  fail(error: Error): void {
    this.#give(Op.fail, error);
  }

  decline(): void {
    this.#give(Op.fail, null);
  }

  #give(op: number, meta: unknown, message?: Message, delivery?: Delivery): void {
    this.given = true;
    this.#send({ op, id: this.#id, object: 0, meta, message }, delivery);
  }
}

function freed(): OwnerDiedError {
  return new OwnerDiedError("This object is gone: every process that held it closed it or ended before it got here.");
}
