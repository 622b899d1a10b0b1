import { MOST_MESSAGES } from "../../../codec/message-list.ts";
import { OwnerDiedError, TimeoutError, UnsupportedError } from "../../../errors/errors.ts";
import { shutDown, taskEnded, tooManyDone } from "../../../errors/messages.ts";
import { emit } from "../../../observe/events.ts";
import { repeat, stopTimer, type Timer } from "../../../util/clock.ts";
import { upTo } from "../../../util/wait-options.ts";
import { endsWithin } from "../../../util/within.ts";
import { isUnanswered, isUndecided } from "../errors.ts";
import { Line } from "../line.ts";
import type { Link } from "../link.ts";
import { pause, type Waiting } from "../waiting.ts";
import type { LargeItems } from "./large-items.ts";
import type { Pulled } from "./pull.ts";
import type { QueueStream } from "./queue-stream.ts";

/** A pull that waits is made anew after so many milliseconds. Then the taker sees a `shutdown()` of which it has not heard. */
const PULL_MS = 5000;
/** A pull lasts so many milliseconds at least, because the servers take 0 for a wait without an end. */
const SHORTEST_PULL_MS = 0.1;
/** The servers give an item out a little after they have confirmed its put. A call that does not wait looks so many times, for so long each. */
const LOOKS = 20;
const LOOK_MS = 50;
/** An acknowledgement is sent again for so many milliseconds. */
const CONFIRM_MS = 20_000;
const RETRY_MS = 200;

/** An item that was taken: its bytes, and the message that is to be acknowledged. */
export interface TakenItem {
  readonly bytes: Uint8Array;
  readonly pulled: Pulled;
}

/** Takes items out of a queue. Those of a queue that redelivers belong to this process until they are done. */
export class Consumer {
  readonly #link: Link;
  readonly #stream: QueueStream;
  readonly #large: LargeItems;
  // Items that this process has, and that no call has returned: the next ones get them. Their acknowledgement was confirmed too late, or a call
  // could not take them.
  readonly #late: TakenItem[] = [];
  readonly #held: TakenItem[] = [];
  // What was pulled, and is not here yet as a whole.
  readonly #opening = new Set<Pulled>();
  // Errors of large items that can't be had any more. Each is thrown by one call.
  readonly #gone: OwnerDiedError[] = [];
  readonly #line = new Line();
  // What was pulled for those who wait in the line.
  readonly #ahead: Pulled[] = [];
  #progress: Timer | undefined;

  constructor(link: Link, stream: QueueStream, large: LargeItems) {
    this.#link = link;
    this.#stream = stream;
    this.#large = large;
  }

  /** Takes items: one at least, `most` at most. None if none came before the wait ended. Throws `ShutDown` if none will come. */
  async take(waiting: Waiting, most: number): Promise<TakenItem[]> {
    await waiting.patiently(() => this.#stream.ready());
    if (waiting.isWithdrawn) return [];
    if (this.#late.length > 0) return this.#late.splice(0, most);
    if (this.#gone.length > 0) throw this.#gone.shift();
    const pulled = await this.#inTurn(waiting, most);
    const opened = await this.#openTogether(pulled, waiting);
    const taken = opened.flatMap((each) => (each.status === "fulfilled" && each.value !== undefined ? each.value : []));
    const failed = opened.find((each) => each.status === "rejected");
    if (failed === undefined && taken.length === 0 && this.#gone.length > 0) throw this.#gone.shift();
    if (failed === undefined) return taken;
    this.putBack(taken);
    throw failed.reason;
  }

  /** Keeps items that were taken for the next takers. */
  putBack(items: readonly TakenItem[]): void {
    this.#late.unshift(...items);
  }

  /** Throws `UnsupportedError` if the queue does not know which items are done. */
  checkTasks(): void {
    if (this.#stream.identity.redeliver) return;
    throw new UnsupportedError(
      "A Queue of a cluster has no taskDone(), no getTask() and no join(), because an item that was taken is gone from the servers: make a JoinableQueue.",
    );
  }

  /** Marks an item as done; without one, the item that was taken first. */
  async done(item?: TakenItem): Promise<void> {
    this.checkTasks();
    const wanted = item ?? this.#held[0];
    if (wanted === undefined || !this.#forget(wanted)) throw item === undefined ? tooManyDone() : taskEnded();
    await this.#confirm(wanted);
  }

  /** Gives an item back, for any taker, after `delay` milliseconds. */
  fail(item: TakenItem, delay: number): void {
    if (!this.#forget(item)) throw taskEnded();
    this.#stream.giveBack(item.pulled, delay);
  }

  /** Gives all items back that are not done. Those of a queue that does not redeliver are gone from the servers. */
  close(): void {
    const count = this.#gone.length + (this.#stream.identity.redeliver ? 0 : this.#late.length);
    if (count > 0)
      emit("lost", { what: "items", description: "items that were taken from a queue of a cluster, and that no call has returned", count });
    for (const { pulled } of this.#held.splice(0)) this.#stream.giveBack(pulled);
    this.#stopProgress();
  }

  // The takers of this process pull one after another, so that the first one gets the first item. The one that pulls also pulls for those behind it. One
  // that does not wait looks at once.
  async #inTurn(waiting: Waiting, most: number): Promise<readonly Pulled[]> {
    if (waiting.once) {
      await this.#stream.returned();
      return this.#pullSome(waiting, most);
    }
    const leave = await this.#line.enter(waiting);
    if (leave === undefined) return [];
    try {
      if (this.#ahead.length > 0) return this.#ahead.splice(0, most);
      const pulled = await this.#pullSome(waiting, Math.min(most + this.#line.length, MOST_MESSAGES));
      this.#ahead.push(...pulled.slice(most));
      return pulled.slice(0, most);
    } finally {
      leave();
      // A call for which it was pulled has ended meanwhile.
      if (!this.#line.isTaken) for (const each of this.#ahead.splice(0)) this.#stream.giveBack(each);
    }
  }

  // Waits for messages. None if none came before the wait ended.
  async #pullSome(waiting: Waiting, most: number): Promise<readonly Pulled[]> {
    let pulled = await waiting.patiently(() => this.#pull(waiting, 0, most));
    while (pulled.length === 0) {
      if (await waiting.patiently(() => this.#stream.isOver(this.#held.length))) throw shutDown();
      if (waiting.once) return this.#lookAgain(waiting, most);
      if (waiting.isOver) return [];
      pulled = await this.#awaitSome(waiting, Math.min(PULL_MS, Math.max(SHORTEST_PULL_MS, waiting.left)), most);
    }
    return pulled;
  }

  // Waits for one message at most so many milliseconds, and takes those that are there behind it.
  async #awaitSome(waiting: Waiting, expires: number, most: number): Promise<readonly Pulled[]> {
    const first = await waiting.patiently(() => this.#pull(waiting, expires, 1));
    if (first.length === 0 || most === 1) return first;
    // The first one is here, whatever becomes of the server.
    return [...first, ...(await this.#pull(waiting, 0, most - 1).catch(() => []))];
  }

  // Takes what the servers have stored, but do not give out yet. Without it, a call that does not wait would not find what was just put.
  async #lookAgain(waiting: Waiting, most: number): Promise<readonly Pulled[]> {
    for (let looks = 0; looks < LOOKS && !waiting.isOver && (await this.#stream.content()).size > 0; looks++) {
      const pulled = await this.#awaitSome(waiting, LOOK_MS, most);
      if (pulled.length > 0) return pulled;
    }
    return [];
  }

  async #pull(waiting: Waiting, expires: number, most: number): Promise<readonly Pulled[]> {
    const pull = this.#stream.pull(expires, most);
    const forgetEnd = waiting.onEnd(() => pull.cancel());
    const forgetHint = expires === 0 ? () => {} : this.#stream.onHint("shut down", () => void this.#endIfOver(pull));
    try {
      return await pull.result;
    } finally {
      forgetEnd();
      forgetHint();
    }
  }

  async #endIfOver(pull: { cancel(): void }): Promise<void> {
    if (await this.#stream.isOver(this.#held.length).catch(() => false)) pull.cancel();
  }

  // Tells the servers that many items are taken. Returns those of which they know. One that has its bytes elsewhere is taken when those are here.
  async #acknowledgeTogether(pulled: readonly Pulled[]): Promise<ReadonlySet<Pulled>> {
    const items = pulled.filter(({ headers }) => this.#large.nameIn(headers) === undefined);
    if (this.#stream.identity.redeliver || items.length < 2) return new Set();
    const known = new Set(items);
    for (const each of await this.#stream.acknowledgeTogether(items)) known.delete(each);
    return known;
  }

  // To load large items takes a while. Until they are here, no other process shall get what came with them.
  async #openTogether(pulled: readonly Pulled[], waiting: Waiting): Promise<readonly PromiseSettledResult<TakenItem | undefined>[]> {
    const known = await this.#acknowledgeTogether(pulled);
    const isSlow = pulled.some(({ headers }) => this.#large.nameIn(headers) !== undefined);
    for (const each of isSlow ? pulled : []) this.#opening.add(each);
    this.#updateProgress();
    try {
      const opened = await Promise.allSettled(pulled.map((each) => this.#open(each, known.has(each), waiting)));
      if (this.#stream.identity.redeliver)
        for (const each of opened) if (each.status === "fulfilled" && each.value !== undefined) this.#held.push(each.value);
      return opened;
    } finally {
      for (const each of pulled) this.#opening.delete(each);
      this.#updateProgress();
    }
  }

  async #open(pulled: Pulled, isKnown: boolean, waiting: Waiting): Promise<TakenItem | undefined> {
    const bytes = await this.#bytesOf(pulled, waiting);
    if (bytes === undefined) return undefined;
    const item: TakenItem = { bytes, pulled };
    if (!this.#stream.identity.redeliver && !isKnown) await this.#confirm(item, () => this.#late.push(item));
    return item;
  }

  // An item whose call has ended goes back. One whose bytes are gone would come again and again, so it is taken, and a call tells of it.
  async #bytesOf(pulled: Pulled, waiting: Waiting): Promise<Uint8Array | undefined> {
    const name = this.#large.nameIn(pulled.headers);
    if (name === undefined) return pulled.bytes;
    try {
      const bytes = await this.#large.get(name, waiting);
      if (bytes === undefined) {
        this.#opening.delete(pulled);
        this.#stream.giveBack(pulled);
      }
      return bytes;
    } catch (error) {
      if (!(error instanceof OwnerDiedError)) throw error;
      await this.#confirm({ bytes: pulled.bytes, pulled });
      this.#gone.push(error);
      return undefined;
    }
  }

  // Tells the servers that an item is done. `late` is called if they confirm that after this call has failed.
  async #confirm({ pulled }: TakenItem, late: () => void = () => {}): Promise<void> {
    const confirmed = this.#acknowledge(pulled);
    if (await endsWithin(confirmed, upTo(CONFIRM_MS))) return;
    void confirmed.then(late, () => {});
    throw new TimeoutError("No server of the cluster has confirmed that this item was taken: it may come again.", {
      fields: { mayHaveHappened: true },
    });
  }

  async #acknowledge(pulled: Pulled): Promise<void> {
    for (let isKnown = true; ; isKnown = false) {
      try {
        await (isKnown ? this.#stream.acknowledge(pulled) : this.#stream.erase(pulled));
        break;
      } catch (error) {
        if (!isUnanswered(error) && !isUndecided(error)) throw error;
        this.#link.checkOpen();
        await pause(RETRY_MS);
      }
    }
    const name = this.#large.nameIn(pulled.headers);
    if (name !== undefined) void this.#large.remove(name).catch(() => {});
  }

  // Tells the servers again and again that this process has its items, as long as it has some.
  #updateProgress(): void {
    if (this.#held.length + this.#opening.size === 0) return this.#stopProgress();
    this.#progress ??= repeat(() => {
      for (const each of this.#opening) this.#stream.progress(each);
      for (const { pulled } of this.#held) this.#stream.progress(pulled);
    }, this.#link.lease / 3);
  }

  #forget(item: TakenItem): boolean {
    const index = this.#held.indexOf(item);
    if (index < 0) return false;
    this.#held.splice(index, 1);
    this.#updateProgress();
    return true;
  }

  #stopProgress(): void {
    stopTimer(this.#progress);
    this.#progress = undefined;
  }
}
