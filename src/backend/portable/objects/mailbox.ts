import { CorruptedError } from "../../../errors/errors.ts";
import { LinkedList } from "../../../util/linked-list.ts";
import type { ParticipantId, Request, Responder, StoredMessage, Withdraw } from "../hub/request.ts";
import { type Fates, type Item, ItemDelivery, ListDelivery } from "./delivery.ts";
import { ItemList, isSmall } from "./item-list.ts";

interface Getter {
  readonly participant: ParticipantId;
  readonly responder: Responder;
  /** The largest number of items, for a getter that takes a list of them. */
  readonly most?: number;
  /** Whether the process asks before its program does. */
  readonly isAhead?: boolean;
  /** What becomes of the item, for a getter that wants to know the item's number as well. */
  readonly fates?: Fates;
}

interface Putter {
  readonly message: StoredMessage;
  /** The messages that follow it, if it is the first of a list. */
  readonly rest?: readonly StoredMessage[];
  readonly responder: Responder;
}

/** The rules in which a queue and a pipe differ. */
export interface MailboxRules extends Fates {
  hasRoom(items: number, bytes: number): boolean;
  /** How many more messages have room, where lists of messages are put. */
  room?(items: number): number;
  stored?(): void;
  /** Called when a process gets a message for which its program has not asked yet. */
  sentAhead?(item: Item, participant: ParticipantId): void;
  /** Whether a get of this process has to wait until it is known what became of a message that another process has. */
  isHeld?(participant: ParticipantId): boolean;
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

  get isShutDown(): boolean {
    return this.#putRefusal !== undefined;
  }

  get size(): number {
    return this.#items.size;
  }

  put({ message, once, responder }: Request): Withdraw | undefined {
    if (message !== undefined) return this.#put({ message, responder }, once);
    responder.fail(new CorruptedError("A put came without its message."));
    return;
  }

  /**
   * Puts the first message of a list once there is room, and those after it for which there is room then. Replies with two numbers: how many
   * messages it has put, and how many more have room. The messages must not have shared objects inside.
   */
  putMany([message, ...rest]: readonly [StoredMessage, ...StoredMessage[]], { once, responder }: Request): Withdraw | undefined {
    return this.#put({ message, rest, responder }, once);
  }

  get({ participant, once, responder }: Request): Withdraw | undefined {
    return this.#get({ participant, responder }, once);
  }

  /** Like `get`, but the reply comes with the item's number in the order, and these are the item's fates. */
  getNumbered(fates: Fates, { participant, once, responder }: Request): Withdraw | undefined {
    return this.#get({ participant, responder, fates }, once);
  }

  /** Like `get`, for a process whose program has not asked yet. */
  getAhead({ participant, responder }: Request): Withdraw | undefined {
    return this.#get({ participant, responder, isAhead: true }, false);
  }

  /** Like `get`, but replies with a list of the items that are there: `most` at most. */
  getMany(most: number, { participant, once, responder }: Request): Withdraw | undefined {
    return this.#get({ participant, responder, most }, once);
  }

  /** Replies true once a `get` would not have to wait. */
  poll({ once, responder }: Request): Withdraw | undefined {
    if (this.#items.size > 0 || this.#getRefusal !== undefined) responder.reply(true);
    else if (once) responder.reply(false);
    else return this.#pollers.add(responder);
    return;
  }

  /** Puts items that were handed out back to their old positions in the order. */
  putBack(items: readonly Item[]): void {
    // From the last to the first, so that each finds its position at once.
    for (const item of items.toReversed()) {
      this.#items.insert(item, (other) => other.order > item.order);
      this.#bytes += item.message.bytes.length;
    }
    this.#serveWaiting();
  }

  /** Called when gets are held no longer. */
  resume(): void {
    this.#serveWaiting();
    if (this.#getRefusal !== undefined && this.#items.size === 0) this.#failGets(this.#getRefusal);
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
    this.#failGets(reason);
    for (const responder of this.#pollers.drain()) responder.reply(true);
  }

  /** Drops all items. Returns their number. */
  clear(): number {
    const dropped = this.#items.size;
    for (const { message } of this.#items.drain()) message.release();
    this.#bytes = 0;
    return dropped;
  }

  #failGets(reason: () => Error): void {
    for (const { responder } of this.#getters.take((getter) => !this.#isHeld(getter))) responder.fail(reason());
  }

  #isHeld({ participant }: Getter): boolean {
    return this.#rules.isHeld?.(participant) === true;
  }

  #hasRoom(): boolean {
    return this.#rules.hasRoom(this.#items.size, this.#bytes);
  }

  #put(putter: Putter, once: boolean): Withdraw | undefined {
    const { message, responder } = putter;
    if (this.#putRefusal !== undefined) {
      message.release();
      responder.fail(this.#putRefusal());
      return;
    }
    // Earlier puts that still wait for room go first.
    if (this.#hasRoom() && this.#putters.size === 0) {
      this.#store(putter);
      this.#serveWaiting();
      return;
    }
    if (once) {
      message.release();
      responder.decline();
      return;
    }
    const remove = this.#putters.add(putter);
    return () => {
      const waited = remove();
      if (waited) message.release();
      return waited;
    };
  }

  #get(getter: Getter, once: boolean): Withdraw | undefined {
    const isHeld = this.#isHeld(getter);
    if (this.#items.size > 0 && !isHeld) {
      this.#handOut(getter);
      this.#serveWaiting();
    } else if (this.#getRefusal !== undefined && !isHeld) getter.responder.fail(this.#getRefusal());
    else if (once) getter.responder.decline();
    else return this.#getters.add(getter);
    return;
  }

  #store({ message, rest, responder }: Putter): void {
    this.#add(message);
    if (rest === undefined) return responder.reply();
    let stored = 0;
    while (stored < rest.length && this.#hasRoom()) this.#add(rest[stored++] as StoredMessage);
    responder.reply([stored + 1, this.#rules.room?.(this.#items.size) ?? 0]);
  }

  #add(message: StoredMessage): void {
    this.#items.push({ order: this.#order++, message });
    this.#bytes += message.bytes.length;
    this.#rules.stored?.();
  }

  // Called after a change. It hands items to waiting gets, and stores the items of waiting puts while there is room.
  #serveWaiting(): void {
    for (;;) {
      const getter = this.#items.size > 0 ? this.#getters.first : undefined;
      if (getter !== undefined && !this.#isHeld(getter)) {
        this.#getters.shift();
        this.#handOut(getter);
        continue;
      }
      const putter = this.#hasRoom() ? this.#putters.shift() : undefined;
      if (putter === undefined) break;
      this.#store(putter);
    }
    if (this.#items.size > 0) for (const responder of this.#pollers.drain()) responder.reply(true);
  }

  #handOut({ participant, responder, most, isAhead, fates }: Getter): void {
    const item = this.#shift();
    if (item === undefined) return;
    if (isAhead === true) this.#rules.sentAhead?.(item, participant);
    if (fates !== undefined) return responder.deliver(item.message, new ItemDelivery(fates, item, participant), item.order);
    if (most === undefined || !isSmall(item)) return responder.deliver(item.message, new ItemDelivery(this.#rules, item, participant));
    const list = new ItemList(item);
    while (list.size < most && this.#items.first !== undefined && list.hasRoomFor(this.#items.first)) list.add(this.#shift() as Item);
    const isCut = list.size < most && this.#items.size > 0;
    responder.deliver(list.message, new ListDelivery(this.#rules, list.items, participant), isCut);
  }

  #shift(): Item | undefined {
    const item = this.#items.shift();
    if (item !== undefined) this.#bytes -= item.message.bytes.length;
    return item;
  }
}
