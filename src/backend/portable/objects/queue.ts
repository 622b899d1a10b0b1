import { Op } from "../../../codec/op.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import { shutDown, takenDied, taskEnded, tooManyDone } from "../../../errors/messages.ts";
import { tellLostItems, tellRedelivered } from "../../../observe/queues.ts";
import { LinkedList } from "../../../util/linked-list.ts";
import type { QueueSettings, QueueStats } from "../../contract/queue.ts";
import type { Described, HubObject, ParticipantId, Request, Responder, Withdraw } from "../hub/request.ts";
import type { Fates, Item } from "./delivery.ts";
import { messagesIn } from "./item-list.ts";
import { Mailbox } from "./mailbox.ts";
import { wholeNumber } from "./operations.ts";

/** An item that is kept until it is marked as done, because it may come back. */
interface Kept {
  readonly item: Item;
  /** How many items that are only counted its process had taken before. */
  readonly after: number;
}

/**
 * The items that one process took. A queue that redelivers keeps each of them until it is marked as done. Another queue keeps those that were
 * taken as tasks, and only counts the others.
 */
class Taken {
  readonly kept: LinkedList<Kept> = new LinkedList<Kept>();
  // How many of those that are only counted were taken, and how many of these are not marked.
  #counted = 0;
  #undone = 0;

  get size(): number {
    return this.kept.size + this.#undone;
  }

  keep(item: Item): void {
    this.kept.push({ item, after: this.#counted });
  }

  count(): void {
    this.#counted++;
    this.#undone++;
  }

  /** Marks the oldest one. False if there is none. */
  markOldest(): boolean {
    if (this.size === 0) return false;
    const { first } = this.kept;
    // Of those that are only counted, the ones taken last are not marked.
    if (first === undefined || (this.#undone > 0 && first.after > this.#counted - this.#undone)) this.#undone--;
    else this.kept.shift()?.item.message.release();
    return true;
  }

  /** Removes the item with this number. `undefined` if it is not here any more. */
  remove(order: unknown): Item | undefined {
    const [kept] = this.kept.take(({ item }) => item.order === order);
    return kept?.item;
  }

  *drain(): Generator<Item> {
    for (const { item } of this.kept.drain()) yield item;
  }
}

/** The state of a queue, in its hub. */
export class QueueState implements HubObject {
  readonly #maxsize: number;
  readonly #redeliver: boolean;
  readonly #isInternal: boolean;
  // The name that the program gave it.
  readonly #name: string | undefined;
  readonly #box: Mailbox;
  readonly #taskFates: Fates;
  readonly #joiners = new LinkedList<Responder>();
  readonly #participants = new Set<ParticipantId>();
  readonly #taken = new Map<ParticipantId, Taken>();
  // The numbers of items that were lost on their way to participants that are about to go.
  readonly #losing = new Map<ParticipantId, number>();
  #unfinished = 0;
  // The number of items that were lost with their consumers while no `join` waited. The next `join` is told.
  #abandoned = 0;
  #puts = 0;
  #gets = 0;
  #lost = 0;
  #redelivered = 0;
  #isDropped = false;

  constructor({ maxsize, redeliver, isInternal = false }: QueueSettings, name?: string) {
    this.#maxsize = maxsize;
    this.#redeliver = redeliver;
    this.#isInternal = isInternal;
    this.#name = name;
    const giveBack = (items: readonly Item[]): void => this.#comeBack(items);
    const lose = (item: Item, participant: ParticipantId): void => this.#lose(item, participant);
    this.#taskFates = { settle: (item, participant) => this.#settle(item, participant, true), giveBack, lose };
    this.#box = new Mailbox({
      hasRoom: (items) => maxsize === 0 || items < maxsize,
      room: (items) => (maxsize === 0 ? Number.POSITIVE_INFINITY : Math.max(0, maxsize - items)),
      stored: () => {
        this.#puts++;
        this.#unfinished++;
      },
      settle: (item, participant) => this.#settle(item, participant, this.#redeliver),
      giveBack,
      lose,
    });
  }

  handle(request: Request): Withdraw | undefined {
    const { responder } = request;
    switch (request.op) {
      case Op.put:
        return this.#box.put(request);
      case Op.get:
        return this.#box.get(request);
      case Op.putMany:
        return this.#box.putMany(messagesIn(request.message), request);
      case Op.getMany:
        return this.#box.getMany(wholeNumber(request.meta, 1), request);
      case Op.getTask:
        return this.#box.getNumbered(this.#taskFates, request);
      case Op.poll:
        return this.#box.poll(request);
      case Op.join:
        return this.#join(request);
      case Op.taskDone:
        this.#taskDone(request);
        return;
      case Op.endTask:
        this.#endTask(request);
        return;
      case Op.shutdown:
        this.#shutdown(request.meta === true);
        responder.reply();
        return;
      case Op.stats:
        responder.reply(this.#stats());
        return;
      default:
        request.message?.release();
        responder.fail(new CorruptedError(`A queue has no operation ${request.op}.`));
        return;
    }
  }

  describe(): Described {
    const { size, maxsize, puts, gets, lost, redelivered } = this.#stats();
    const [unfinished, isShutDown, redelivers] = [this.#unfinished, Number(this.#box.isShutDown), Number(this.#redeliver)];
    return { kind: "queue", numbers: { size, maxsize, puts, gets, lost, redelivered, unfinished, isShutDown, redelivers } };
  }

  attached(participant: ParticipantId): void {
    this.#participants.add(participant);
  }

  detached(participant: ParticipantId): void {
    this.#participants.delete(participant);
    const taken = this.#taken.get(participant);
    this.#taken.delete(participant);
    const count = taken?.size ?? 0;
    const items = taken?.drain() ?? [];
    if (!this.#redeliver) {
      for (const item of items) item.message.release();
      this.#abandonAllOf(participant, count);
    } else for (const item of items) this.#comeBack([item]);
    if (!this.#redeliver || this.#isDropped || count === 0) return;
    this.#redelivered += count;
    tellRedelivered(count, this.#name);
  }

  discard(): void {
    this.#box.clear();
    for (const taken of this.#taken.values()) for (const item of taken.drain()) item.message.release();
  }

  #join({ once, responder }: Request): Withdraw | undefined {
    if (this.#abandoned > 0) {
      responder.fail(takenDied(this.#abandoned));
      this.#abandoned = 0;
    } else if (this.#unfinished === 0) responder.reply();
    else if (once) responder.decline();
    else return this.#joiners.add(responder);
    return;
  }

  #taskDone({ participant, responder }: Request): void {
    const own = this.#taken.get(participant);
    // Whoever has an item of a queue that redelivers goes on with it, and if it dies, the item comes back. So nobody else marks it.
    const others = this.#redeliver ? [] : [...this.#taken.values()];
    if (own?.markOldest() !== true && !others.some((taken) => taken.markOldest())) {
      responder.fail(tooManyDone());
      return;
    }
    this.#finish(1);
    responder.reply();
  }

  // The number of an item comes first, then whether it goes back.
  #endTask({ participant, responder, meta }: Request): void {
    const [order, isBack] = Array.isArray(meta) ? (meta as unknown[]) : [];
    const item = this.#taken.get(participant)?.remove(order);
    if (item === undefined) {
      responder.fail(taskEnded());
      return;
    }
    if (isBack === true) this.#comeBack([item]);
    else this.#isDone(item);
    responder.reply();
  }

  #shutdown(immediate: boolean): void {
    this.#box.refusePuts(shutDown);
    if (immediate) this.#isDropped = true;
    if (immediate) this.#finish(this.#box.clear());
    this.#box.endGets(shutDown);
  }

  #stats(): QueueStats & { maxsize: number } {
    return {
      size: this.#box.size,
      puts: this.#puts,
      gets: this.#gets,
      lost: this.#lost,
      redelivered: this.#redelivered,
      participants: this.#participants.size,
      maxsize: this.#maxsize,
    };
  }

  #settle(item: Item, participant: ParticipantId, isKept: boolean): void {
    this.#gets++;
    const taken = this.#taken.get(participant) ?? new Taken();
    this.#taken.set(participant, taken);
    if (isKept) taken.keep(item);
    else {
      taken.count();
      item.message.release();
    }
    // The participant may have detached while the item was on its way to it.
    if (!this.#participants.has(participant)) this.detached(participant);
  }

  #lose(item: Item, participant: ParticipantId): void {
    if (this.#redeliver) {
      this.#comeBack([item]);
      if (this.#isDropped) return;
      this.#redelivered++;
      tellRedelivered(1, this.#name);
      return;
    }
    item.message.release();
    this.#lost++;
    this.#losing.set(participant, (this.#losing.get(participant) ?? 0) + 1);
    // The participant may have detached while the item was on its way to it.
    if (!this.#participants.has(participant)) this.#abandonAllOf(participant, 0);
  }

  // What a participant had taken, and what was lost on its way to it, is told together.
  #abandonAllOf(participant: ParticipantId, taken: number): void {
    const lost = this.#losing.get(participant) ?? 0;
    this.#losing.delete(participant);
    if (lost > 0 && !this.#isInternal) tellLostItems(lost, this.#name);
    if (lost + taken > 0) this.#abandon(lost + taken);
  }

  // After a shutdown that dropped all items, none comes back.
  #comeBack(items: readonly Item[]): void {
    if (!this.#isDropped) this.#box.putBack(items);
    else for (const item of items) this.#isDone(item);
  }

  #isDone({ message }: Item): void {
    message.release();
    this.#finish(1);
  }

  #finish(count: number): void {
    this.#unfinished -= count;
    if (this.#unfinished === 0) for (const responder of this.#joiners.drain()) responder.reply();
  }

  // Items that were lost with their consumer count as done. The waiting `join` calls are told.
  #abandon(count: number): void {
    if (this.#joiners.size === 0) this.#abandoned += count;
    for (const responder of this.#joiners.drain()) responder.fail(takenDied(count));
    this.#finish(count);
  }
}
