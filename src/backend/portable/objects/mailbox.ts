import { CorruptedError } from "../../../errors/errors.ts";
import { LinkedList } from "../../../util/linked-list.ts";
import type { Delivery, ParticipantId, Request, Responder, StoredMessage, Withdraw } from "../hub/request.ts";

/** A message, with its number in the order of all messages. */
export interface Item {
  readonly order: number;
  readonly message: StoredMessage;
}

interface Getter {
  readonly participant: ParticipantId;
  readonly responder: Responder;
}

interface Putter {
  readonly message: StoredMessage;
  readonly responder: Responder;
}

/** The rules in which a queue and a pipe differ. */
export interface MailboxRules {
  hasRoom(items: number, bytes: number): boolean;
  stored?(): void;
  // These methods say how the delivery of an item ended, see `Delivery`.
  settle(item: Item, participant: ParticipantId): void;
  giveBack(item: Item): void;
  lose(item: Item): void;
}

class ItemDelivery implements Delivery {
  readonly #rules: MailboxRules;
  readonly #item: Item;
  readonly #participant: ParticipantId;

  constructor(rules: MailboxRules, item: Item, participant: ParticipantId) {
    this.#rules = rules;
    this.#item = item;
    this.#participant = participant;
  }

  settle(): void {
    this.#rules.settle(this.#item, this.#participant);
  }

  giveBack(): void {
    this.#rules.giveBack(this.#item);
  }

  lose(): void {
    this.#rules.lose(this.#item);
  }
}

/** Messages in order, with the requests that wait for a message or for room. */
export class Mailbox {
  readonly #rules: MailboxRules;
  readonly #items = new LinkedList<Item>();
  readonly #getters = new LinkedList<Getter>();
  readonly #putters = new LinkedList<Putter>();
  readonly #pollers = new LinkedList<Responder>();
  #order = 0;
  #bytes = 0;
  // Make the errors of puts, and of gets once the box is empty.
  #putRefusal: (() => Error) | undefined;
  #getRefusal: (() => Error) | undefined;

  constructor(rules: MailboxRules) {
    this.#rules = rules;
  }

  get size(): number {
    return this.#items.size;
  }

  put({ message, once, responder }: Request): Withdraw | undefined {
    if (message === undefined) {
      responder.fail(new CorruptedError("A put came without its message."));
      return;
    }
    if (this.#putRefusal !== undefined) {
      message.release();
      responder.fail(this.#putRefusal());
      return;
    }
    // Earlier puts that still wait for room go first.
    if (this.#hasRoom() && this.#putters.size === 0) {
      this.#store({ message, responder });
      this.#serveWaiting();
      return;
    }
    if (once) {
      message.release();
      responder.decline();
      return;
    }
    const remove = this.#putters.add({ message, responder });
    return () => {
      const waited = remove();
      if (waited) message.release();
      return waited;
    };
  }

  get({ participant, once, responder }: Request): Withdraw | undefined {
    if (this.#items.size > 0) {
      this.#handOut({ participant, responder });
      this.#serveWaiting();
      return;
    }
    if (this.#getRefusal !== undefined) responder.fail(this.#getRefusal());
    else if (once) responder.decline();
    else return this.#getters.add({ participant, responder });
    return;
  }

  /** Replies true once a `get` would not have to wait. */
  poll({ once, responder }: Request): Withdraw | undefined {
    if (this.#items.size > 0 || this.#getRefusal !== undefined) responder.reply(true);
    else if (once) responder.reply(false);
    else return this.#pollers.add(responder);
    return;
  }

  /** Puts an item that was handed out back to its old position in the order. */
  putBack(item: Item): void {
    this.#items.insert(item, (other) => other.order > item.order);
    this.#bytes += item.message.bytes.length;
    this.#serveWaiting();
  }

  /** Makes all puts fail from now on, including those that wait. */
  refusePuts(reason: () => Error): void {
    this.#putRefusal = reason;
    for (const { message, responder } of this.#putters.drain()) {
      message.release();
      responder.fail(reason());
    }
  }

  /** Makes gets fail from now on once the box is empty. */
  endGets(reason: () => Error): void {
    this.#getRefusal = reason;
    for (const { responder } of this.#getters.drain()) responder.fail(reason());
    for (const responder of this.#pollers.drain()) responder.reply(true);
  }

  /** Drops all items. Returns their number. */
  clear(): number {
    const dropped = this.#items.size;
    for (const { message } of this.#items.drain()) message.release();
    this.#bytes = 0;
    return dropped;
  }

  #hasRoom(): boolean {
    return this.#rules.hasRoom(this.#items.size, this.#bytes);
  }

  #store({ message, responder }: Putter): void {
    this.#items.push({ order: this.#order++, message });
    this.#bytes += message.bytes.length;
    this.#rules.stored?.();
    responder.reply();
  }

  // Called after a change. It hands items to waiting gets, and stores the items of waiting puts while there is room.
  #serveWaiting(): void {
    for (;;) {
      const getter = this.#items.size > 0 ? this.#getters.shift() : undefined;
      if (getter !== undefined) {
        this.#handOut(getter);
        continue;
      }
      const putter = this.#hasRoom() ? this.#putters.shift() : undefined;
      if (putter === undefined) break;
      this.#store(putter);
    }
    if (this.#items.size > 0) for (const responder of this.#pollers.drain()) responder.reply(true);
  }

  #handOut({ participant, responder }: Getter): void {
    const item = this.#items.shift();
    if (item === undefined) return;
    this.#bytes -= item.message.bytes.length;
    responder.deliver(item.message, new ItemDelivery(this.#rules, item, participant));
  }
}
