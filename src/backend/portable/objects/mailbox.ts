import { CorruptedError } from "../../../errors/errors.ts";
import { List } from "../../../util/linked-list.ts";
import type { Answer, Delivery, Holder, Kept, Request, Withdraw } from "../hub/request.ts";

/** A message in its place in the order. */
export interface Item {
  readonly order: number;
  readonly message: Kept;
}

interface Getter {
  readonly who: Holder;
  readonly answer: Answer;
}

interface Putter {
  readonly message: Kept;
  readonly answer: Answer;
}

/** What a queue and a pipe do differently. */
export interface MailboxRules {
  hasRoom(items: number, bytes: number): boolean;
  stored?(): void;
  // What becomes of an item that was handed out: see `Delivery`.
  settle(item: Item, who: Holder): void;
  giveBack(item: Item): void;
  lose(item: Item): void;
}

class HandedOut implements Delivery {
  readonly #rules: MailboxRules;
  readonly #item: Item;
  readonly #who: Holder;

  constructor(rules: MailboxRules, item: Item, who: Holder) {
    this.#rules = rules;
    this.#item = item;
    this.#who = who;
  }

  settle(): void {
    this.#rules.settle(this.#item, this.#who);
  }

  giveBack(): void {
    this.#rules.giveBack(this.#item);
  }

  lose(): void {
    this.#rules.lose(this.#item);
  }
}

/** Messages in order, with those who wait to take one or for room to leave one. */
export class Mailbox {
  readonly #rules: MailboxRules;
  readonly #items = new List<Item>();
  readonly #getters = new List<Getter>();
  readonly #putters = new List<Putter>();
  readonly #pollers = new List<Answer>();
  #order = 0;
  #bytes = 0;
  #refusal: (() => Error) | undefined;
  #end: (() => Error) | undefined;

  constructor(rules: MailboxRules) {
    this.#rules = rules;
  }

  get size(): number {
    return this.#items.size;
  }

  put({ message, once, answer }: Request): Withdraw | undefined {
    if (message === undefined) {
      answer.fail(new CorruptedError("A message was announced and did not come."));
      return;
    }
    if (this.#refusal !== undefined) {
      message.release();
      answer.fail(this.#refusal());
      return;
    }
    // Those who wait already go first.
    if (this.#hasRoom() && this.#putters.size === 0) {
      this.#store({ message, answer });
      this.#pump();
      return;
    }
    if (once) {
      message.release();
      answer.decline();
      return;
    }
    const remove = this.#putters.add({ message, answer });
    return () => {
      const waited = remove();
      if (waited) message.release();
      return waited;
    };
  }

  get({ who, once, answer }: Request): Withdraw | undefined {
    if (this.#items.size > 0) {
      this.#hand({ who, answer });
      this.#pump();
      return;
    }
    if (this.#end !== undefined) answer.fail(this.#end());
    else if (once) answer.decline();
    else return this.#getters.add({ who, answer });
    return;
  }

  /** Answers true when a `get` would not wait. */
  poll({ once, answer }: Request): Withdraw | undefined {
    if (this.#items.size > 0 || this.#end !== undefined) answer.reply(true);
    else if (once) answer.reply(false);
    else return this.#pollers.add(answer);
    return;
  }

  /** Puts an item that was handed out back to its place. */
  putBack(item: Item): void {
    this.#items.insert(item, (other) => other.order > item.order);
    this.#bytes += item.message.bytes.length;
    this.#pump();
  }

  /** From now on puts fail, those that wait too. */
  refusePuts(reason: () => Error): void {
    this.#refusal = reason;
    for (const { message, answer } of this.#putters.drain()) {
      message.release();
      answer.fail(reason());
    }
  }

  /** From now on gets fail once the box is empty. */
  endGets(reason: () => Error): void {
    this.#end = reason;
    for (const { answer } of this.#getters.drain()) answer.fail(reason());
    for (const answer of this.#pollers.drain()) answer.reply(true);
  }

  /** Drops what is in it and says how many that were. */
  clear(): number {
    const dropped = this.#items.size;
    for (const { message } of this.#items.drain()) message.release();
    this.#bytes = 0;
    return dropped;
  }

  #hasRoom(): boolean {
    return this.#rules.hasRoom(this.#items.size, this.#bytes);
  }

  #store({ message, answer }: Putter): void {
    this.#items.push({ order: this.#order++, message });
    this.#bytes += message.bytes.length;
    this.#rules.stored?.();
    answer.reply();
  }

  // Whatever changed: hand messages to those who wait for them, and let waiting puts in.
  #pump(): void {
    for (;;) {
      const getter = this.#items.size > 0 ? this.#getters.shift() : undefined;
      if (getter !== undefined) {
        this.#hand(getter);
        continue;
      }
      const putter = this.#hasRoom() ? this.#putters.shift() : undefined;
      if (putter === undefined) break;
      this.#store(putter);
    }
    if (this.#items.size > 0) for (const answer of this.#pollers.drain()) answer.reply(true);
  }

  #hand({ who, answer }: Getter): void {
    const item = this.#items.shift();
    if (item === undefined) return;
    this.#bytes -= item.message.bytes.length;
    answer.deliver(item.message, new HandedOut(this.#rules, item, who));
  }
}
