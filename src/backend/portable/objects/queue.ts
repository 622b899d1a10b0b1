import { Op } from "../../../codec/op.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import { shutDown, takenDied, tooManyDone } from "../../../errors/messages.ts";
import { tellLostItems, tellRedelivered } from "../../../observe/queues.ts";
import { LinkedList } from "../../../util/linked-list.ts";
import type { QueueSettings, QueueStats } from "../../contract/queue.ts";
import type { Described, HubObject, ParticipantId, Request, Responder, Withdraw } from "../hub/request.ts";
import type { Item } from "./delivery.ts";
import { messagesIn } from "./item-list.ts";
import { Mailbox } from "./mailbox.ts";
import { wholeNumber } from "./operations.ts";

/** The items that one process took and has not marked as done. The items themselves are kept only if they may have to be redelivered. */
interface Taken {
  count: number;
  readonly items: LinkedList<Item>;
}

/** The state of a queue, in its hub. */
export class QueueState implements HubObject {
  readonly #maxsize: number;
  readonly #redeliver: boolean;
  readonly #isInternal: boolean;
  // The name that the program gave it.
  readonly #name: string | undefined;
  readonly #box: Mailbox;
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

  constructor({ maxsize, redeliver, isInternal = false }: QueueSettings, name?: string) {
    this.#maxsize = maxsize;
    this.#redeliver = redeliver;
    this.#isInternal = isInternal;
    this.#name = name;
    this.#box = new Mailbox({
      hasRoom: (items) => maxsize === 0 || items < maxsize,
      room: (items) => (maxsize === 0 ? Number.POSITIVE_INFINITY : Math.max(0, maxsize - items)),
      stored: () => {
        this.#puts++;
        this.#unfinished++;
      },
      settle: (item, participant) => this.#settle(item, participant),
      giveBack: (items) => this.#box.putBack(items),
      lose: (item, participant) => this.#lose(item, participant),
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
      case Op.poll:
        return this.#box.poll(request);
      case Op.join:
        return this.#join(request);
      case Op.taskDone:
        this.#taskDone(request);
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
    if (!this.#redeliver) return this.#abandonAllOf(participant, taken?.count ?? 0);
    if (taken === undefined || taken.count === 0) return;
    for (const item of taken.items.drain()) this.#redeliverItem(item);
    tellRedelivered(taken.count, this.#name);
  }

  discard(): void {
    this.#box.clear();
    for (const { items } of this.#taken.values()) for (const item of items.drain()) item.message.release();
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
    const others = this.#redeliver ? [] : this.#taken.values();
    const taken = own !== undefined && own.count > 0 ? own : [...others].find(({ count }) => count > 0);
    if (taken === undefined) {
      responder.fail(tooManyDone());
      return;
    }
    taken.count--;
    taken.items.shift()?.message.release();
    this.#finish(1);
    responder.reply();
  }

  #shutdown(immediate: boolean): void {
    this.#box.refusePuts(shutDown);
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

  #settle(item: Item, participant: ParticipantId): void {
    this.#gets++;
    const taken = this.#taken.get(participant) ?? { count: 0, items: new LinkedList<Item>() };
    if (taken.count++ === 0) this.#taken.set(participant, taken);
    if (this.#redeliver) taken.items.push(item);
    else item.message.release();
    // The participant may have detached while the item was on its way to it.
    if (!this.#participants.has(participant)) this.detached(participant);
  }

  #lose(item: Item, participant: ParticipantId): void {
    if (this.#redeliver) {
      this.#redeliverItem(item);
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

  #redeliverItem(item: Item): void {
    this.#redelivered++;
    this.#box.putBack([item]);
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
