import { Op } from "../../../codec/frame.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import { shutDown, takenDied, tooManyDone } from "../../../errors/messages.ts";
import { List } from "../../../util/linked-list.ts";
import type { QueueSettings, QueueStats } from "../../contract/backend.ts";
import type { Answer, Holder, Hosted, Request, Withdraw } from "../hub/request.ts";
import { type Item, Mailbox } from "./mailbox.ts";

/** What one process took and has not marked done: the items themselves only where they may have to be redelivered. */
interface Taken {
  count: number;
  readonly items: List<Item>;
}

/** A queue as its hub keeps it. */
export class QueueState implements Hosted {
  readonly #maxsize: number;
  readonly #redeliver: boolean;
  readonly #box: Mailbox;
  readonly #joiners = new List<Answer>();
  readonly #holders = new Set<Holder>();
  readonly #taken = new Map<Holder, Taken>();
  #unfinished = 0;
  #abandoned = 0;
  #puts = 0;
  #gets = 0;
  #lost = 0;
  #redelivered = 0;

  constructor({ maxsize, redeliver }: QueueSettings) {
    this.#maxsize = maxsize;
    this.#redeliver = redeliver;
    this.#box = new Mailbox({
      hasRoom: (items) => maxsize === 0 || items < maxsize,
      stored: () => {
        this.#puts++;
        this.#unfinished++;
      },
      settle: (item, who) => this.#settle(item, who),
      giveBack: (item) => this.#box.putBack(item),
      lose: (item) => this.#lose(item),
    });
  }

  handle(request: Request): Withdraw | undefined {
    const { answer } = request;
    switch (request.op) {
      case Op.put:
        return this.#box.put(request);
      case Op.get:
        return this.#box.get(request);
      case Op.poll:
        return this.#box.poll(request);
      case Op.join:
        return this.#join(request);
      case Op.taskDone:
        this.#taskDone(request);
        return;
      case Op.shutdown:
        this.#shutdown(request.meta === true);
        answer.reply();
        return;
      case Op.stats:
        answer.reply(this.#stats());
        return;
      default:
        request.message?.release();
        answer.fail(new CorruptedError(`A queue has no operation ${request.op}.`));
        return;
    }
  }

  arrive(who: Holder): void {
    this.#holders.add(who);
  }

  depart(who: Holder): void {
    this.#holders.delete(who);
    const taken = this.#taken.get(who);
    this.#taken.delete(who);
    if (taken === undefined || taken.count === 0) return;
    if (this.#redeliver) for (const item of taken.items.drain()) this.#redeliverItem(item);
    else this.#abandon(taken.count);
  }

  discard(): void {
    this.#box.clear();
    for (const { items } of this.#taken.values()) for (const item of items.drain()) item.message.release();
  }

  #join({ once, answer }: Request): Withdraw | undefined {
    if (this.#abandoned > 0) {
      answer.fail(takenDied(this.#abandoned));
      this.#abandoned = 0;
    } else if (this.#unfinished === 0) answer.reply();
    else if (once) answer.decline();
    else return this.#joiners.add(answer);
    return;
  }

  #taskDone({ who, answer }: Request): void {
    const own = this.#taken.get(who);
    const taken = own !== undefined && own.count > 0 ? own : [...this.#taken.values()].find(({ count }) => count > 0);
    if (taken === undefined) {
      answer.fail(tooManyDone());
      return;
    }
    taken.count--;
    taken.items.shift()?.message.release();
    this.#finish(1);
    answer.reply();
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
      participants: this.#holders.size,
      maxsize: this.#maxsize,
    };
  }

  #settle(item: Item, who: Holder): void {
    this.#gets++;
    const taken = this.#taken.get(who) ?? { count: 0, items: new List<Item>() };
    if (taken.count++ === 0) this.#taken.set(who, taken);
    if (this.#redeliver) taken.items.push(item);
    else item.message.release();
    if (!this.#holders.has(who)) this.depart(who);
  }

  #lose(item: Item): void {
    if (this.#redeliver) {
      this.#redeliverItem(item);
      return;
    }
    item.message.release();
    this.#lost++;
    this.#abandon(1);
  }

  #redeliverItem(item: Item): void {
    this.#redelivered++;
    this.#box.putBack(item);
  }

  #finish(count: number): void {
    this.#unfinished -= count;
    if (this.#unfinished === 0) for (const answer of this.#joiners.drain()) answer.reply();
  }

  // Items that died with their consumer count as done; whoever joins is told.
  #abandon(count: number): void {
    if (this.#joiners.size === 0) this.#abandoned += count;
    for (const answer of this.#joiners.drain()) answer.fail(takenDied(count));
    this.#finish(count);
  }
}
