import type { Delivery, ParticipantId, StoredMessage } from "../hub/request.ts";

/** A message, with its number in the order of all messages. */
export interface Item {
  readonly order: number;
  readonly message: StoredMessage;
}

/** What becomes of an item that was handed out, see `Delivery`. */
export interface Fates {
  settle(item: Item, participant: ParticipantId): void;
  /** Takes items back that were handed out, in their order. */
  giveBack(items: readonly Item[]): void;
  /** An item was lost with its participant, whose end comes next. */
  lose(item: Item, participant: ParticipantId): void;
}

/** The delivery of one item. */
export class ItemDelivery implements Delivery {
  readonly #fates: Fates;
  readonly #item: Item;
  readonly #participant: ParticipantId;

  constructor(fates: Fates, item: Item, participant: ParticipantId) {
    this.#fates = fates;
    this.#item = item;
    this.#participant = participant;
  }

  settle(): void {
    this.#fates.settle(this.#item, this.#participant);
  }

  giveBack(): void {
    this.#fates.giveBack([this.#item]);
  }

  lose(): void {
    this.#fates.lose(this.#item, this.#participant);
  }
}

/** The delivery of items that were handed out together. */
export class ListDelivery implements Delivery {
  readonly #fates: Fates;
  readonly #items: readonly Item[];
  readonly #participant: ParticipantId;

  constructor(fates: Fates, items: readonly Item[], participant: ParticipantId) {
    this.#fates = fates;
    this.#items = items;
    this.#participant = participant;
  }

  settle(count: unknown = this.#items.length): void {
    // Another process sent the count. Whatever it says, each item is settled or goes back.
    const arrived = typeof count === "number" && count >= 0 ? Math.trunc(count) : this.#items.length;
    for (const item of this.#items.slice(0, arrived)) this.#fates.settle(item, this.#participant);
    if (arrived < this.#items.length) this.#fates.giveBack(this.#items.slice(arrived));
  }

  giveBack(): void {
    this.#fates.giveBack(this.#items);
  }

  lose(): void {
    for (const item of this.#items) this.#fates.lose(item, this.#participant);
  }
}
