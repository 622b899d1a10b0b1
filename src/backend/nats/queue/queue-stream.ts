import type { ConsumerInfo, PubAck, StreamInfo } from "@nats-io/jetstream";
import type { Msg, MsgHdrs } from "@nats-io/transport-node";
import { OwnerDiedError, StateError, TimeoutError } from "../../../errors/errors.ts";
import { allSettled } from "../../../util/all-settled.ts";
import { nextTurn, now } from "../../../util/clock.ts";
import { Lazy } from "../../../util/lazy.ts";
import { randomName } from "../../../util/random.ts";
import { burst, type Request } from "../burst.ts";
import { closedConnection, isConflict, isFull, isMissing, isUnanswered, isUndecided, noReply, ourError } from "../errors.ts";
import type { Link } from "../link.ts";
import type { Owner } from "../owner.ts";
import type { Waiting } from "../waiting.ts";
import { Pull, type Pulled } from "./pull.ts";

/** The only consumer of a queue's stream. All takers pull from it. */
export const CONSUMER = "w";
/** A put that was sent again within this time, in milliseconds, is stored once. */
const DUPLICATES_MS = 600_000;
/** A put is sent again for so many milliseconds if no server confirms it: a cluster may need as long to elect a new leader. */
const CONFIRM_MS = 20_000;
const TRY_MS = 2000;
const RETRY_MS = 200;

const NANOS = 1_000_000;
const ACK = new TextEncoder().encode("+ACK");
/** The header with the id of an item. */
const ID = "Nats-Msg-Id";
/** The stream's metadata says that consumers acknowledge when an item is done. */
export const REDELIVERS = "polyproc-redelivers";

/** What a queue is, as every process sees it. */
export interface QueueIdentity {
  readonly token: string;
  readonly maxsize: number;
  readonly redeliver: boolean;
}

/** What became of an item that was sent to the stream. */
export type Outcome = "stored" | "full" | "shut down";

/** What processes tell those who wait: an item is done, so that there is room; or the queue was shut down. */
export type Hint = "done" | "shut down";

/** An item that is done, and the call that waits until the server knows it. */
interface Done {
  readonly item: Pulled;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The stream of a queue: its items, in their order, on the servers. */
export class QueueStream {
  readonly identity: QueueIdentity;
  readonly #link: Link;
  readonly #mustExist: boolean;
  readonly #owner: Owner | undefined;
  readonly #opening = new Lazy(() => this.#open());
  // Each item has an id, by which the servers know one that was sent twice.
  readonly #sender = randomName(12);
  #sent = 0;
  // The items of which the server is told in the next turn of the event loop.
  #done: Done[] = [];
  // The items that are on their way back.
  readonly #returning = new Set<Promise<void>>();

  /**
   * @param mustExist whether another process has made it, so that it is gone if it does not exist
   * @param owner this process, if the queue is to be removed with it
   */
  constructor(link: Link, identity: QueueIdentity, mustExist: boolean, owner: Owner | undefined) {
    this.#owner = owner;
    this.#link = link;
    this.identity = identity;
    this.#mustExist = mustExist;
  }

  /** Whether the queue has a limit. */
  get isBounded(): boolean {
    return this.identity.maxsize > 0;
  }

  /** Makes the stream and its consumer, unless they exist. Throws `StateError` if they exist with other settings. */
  ready(): Promise<void> {
    return this.#opening.get();
  }

  /**
   * Stores an item. The server refuses it if the queue is full. It is sent again until the wait ends, but not for ever.
   *
   * @param sentAs the id of an item that was sent before
   */
  async store(payload: Uint8Array, headers: MsgHdrs | undefined, waiting: Waiting, sentAs?: string): Promise<Outcome> {
    const id = sentAs ?? this.#nextId();
    const subject = this.#link.names.items(this.identity.token);
    const until = now() + CONFIRM_MS;
    let isUnknown = sentAs !== undefined;
    for (;;) {
      try {
        await this.#publish(subject, payload, id, headers);
        return "stored";
      } catch (error) {
        if (isFull(error)) return "full";
        const isLost = isUnanswered(error);
        if (isLost && (await this.#isShutDown().catch(() => false))) return "shut down";
        isUnknown ||= isUndecided(error);
        if (!isLost && !isUndecided(error)) throw ourError(error);
        if (waiting.isOver || now() > until) throw isUnknown ? undecided(error) : noReply({ cause: error });
        if (this.#link.connection.isClosed()) throw closedConnection({ cause: error });
        await waiting.pause(RETRY_MS);
      }
    }
  }

  /** Stores items together, in a queue without a limit. Returns those that no server has confirmed, by the ids with which to send them again. */
  async storeTogether(payloads: readonly Uint8Array[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const subject = this.#link.names.items(this.identity.token);
    const ids = payloads.map(() => this.#nextId());
    const headers = this.#link.packages.transport.headers();
    const at = (place: number): Request => {
      headers.set(ID, ids[place] as string);
      return { subject, payload: payloads[place] as Uint8Array, headers };
    };
    const missing = await burst(this.#link, { count: payloads.length, at, isGood: isStored }, TRY_MS);
    return new Map([...missing].map((place) => [ids[place] as string, payloads[place] as Uint8Array]));
  }

  #nextId(): string {
    return `${this.#sender}-${this.#sent++}`;
  }

  /** Asks for an item: for one that is there now with `expires` 0, and otherwise for so many milliseconds. */
  pull(expires: number, most = 1): Pull {
    const giveBack = (pulled: Pulled): void => this.giveBack(pulled);
    return new Pull(this.#link, `$JS.API.CONSUMER.MSG.NEXT.${this.#name}.${CONSUMER}`, { expires, most, giveBack });
  }

  /** Tells the server that an item is done, and waits until it knows. Items that are done in the same turn of the event loop are told together. */
  acknowledge(item: Pulled): Promise<void> {
    if (this.#done.length === 0) nextTurn(() => void this.#acknowledgeDone());
    return new Promise((resolve, reject) => void this.#done.push({ item, resolve, reject }));
  }

  async #acknowledgeDone(): Promise<void> {
    const done = this.#done;
    this.#done = [];
    try {
      const missing = new Set(await this.acknowledgeTogether(done.map(({ item }) => item)));
      for (const { item, resolve, reject } of done) missing.has(item) ? reject(noReply()) : resolve();
    } catch (error) {
      for (const { reject } of done) reject(error);
    }
  }

  /** The same for many items at once. Returns those of which no server has said that it knows. */
  async acknowledgeTogether(items: readonly Pulled[]): Promise<readonly Pulled[]> {
    if (items.length === 1) {
      // Alone it needs no subscription of its own.
      await this.#link.connection.request((items[0] as Pulled).reply, ACK, { timeout: TRY_MS });
      this.#tellDone();
      return [];
    }
    const at = (place: number): Request => ({ subject: (items[place] as Pulled).reply, payload: ACK });
    const missing = await burst(this.#link, { count: items.length, at, isGood: isAnswer }, TRY_MS);
    if (missing.size < items.length) this.#tellDone();
    return [...missing].map((place) => items[place] as Pulled);
  }

  /** The same for a server that was restarted and has forgotten to whom it gave the item. */
  async erase({ sequence }: Pulled): Promise<void> {
    await this.#link.manager.streams.deleteMessage(this.#name, sequence, false).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    this.#tellDone();
  }

  #tellDone(): void {
    if (this.isBounded || this.identity.redeliver) this.#hint("done");
  }

  /** Gives an item back, for the next taker. */
  giveBack({ reply }: Pulled, delay = 0): void {
    const text = delay > 0 ? `-NAK {"delay":${Math.round(delay * NANOS)}}` : "-NAK";
    const known = this.#link.confirmed(reply, text, TRY_MS);
    this.#returning.add(known);
    void known.then(() => this.#returning.delete(known));
  }

  /** Resolves when the server knows which items this process has given back. */
  async returned(): Promise<void> {
    await allSettled(this.#returning);
  }

  /** Tells the server that this process still works on an item. */
  progress({ reply }: Pulled): void {
    this.#link.publish(reply, "+WPI");
  }

  info(): Promise<StreamInfo> {
    return this.#link.manager.streams.info(this.#name).catch((error: unknown) => this.#fail(error));
  }

  consumer(): Promise<ConsumerInfo> {
    return this.#link.manager.consumers.info(this.#name, CONSUMER).catch((error: unknown) => this.#fail(error));
  }

  /** Whether the queue was shut down, and nothing is left but items that this process has, whose number is `held`. */
  async isOver(held: number): Promise<boolean> {
    const info = await this.info();
    return isShut(info, this.#link.names.shutDown(this.identity.token)) && info.state.messages <= held;
  }

  /** Returns the number of items that nobody has taken, and what the servers tell of the stream. */
  async content(): Promise<{ readonly size: number; readonly stream: StreamInfo; readonly consumer: ConsumerInfo }> {
    const [stream, consumer] = await Promise.all([this.info(), this.consumer()]);
    const { messages, last_seq } = stream.state;
    // A consumer of newer servers hears of an item a little after it was stored. So the items behind the last one that it gave out are counted, too.
    const behind = last_seq - consumer.delivered.stream_seq;
    const unheard = Math.min(behind, messages - consumer.num_ack_pending);
    return { size: Math.max(0, unheard, Math.min(messages, consumer.num_pending)), stream, consumer };
  }

  /** Takes the stream's subject away, so that the servers refuse all puts. */
  async shutDown(immediate: boolean): Promise<void> {
    const { config } = await this.info();
    const subject = this.#link.names.shutDown(this.identity.token);
    await this.#link.manager.streams.update(this.#name, { ...config, subjects: [subject] });
    if (immediate) await this.#link.manager.streams.purge(this.#name);
    this.#hint("shut down");
  }

  /** Removes the queue for all processes. */
  async remove(): Promise<void> {
    await this.#link.manager.streams.delete(this.#name).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }

  /** Calls `changed` when somebody tells of a change. The call may not come: look on a timer, too. The returned function ends that. */
  onHint(hint: Hint, changed: () => void): () => void {
    return this.#link.onMessage(this.#link.names.hints(this.identity.token), (message) => {
      if (message.string() === hint) changed();
    });
  }

  /** Waits until room may have come. */
  async room(waiting: Waiting, ms: number): Promise<void> {
    await waiting.pause(ms, (wake) => this.onHint("done", wake));
  }

  #hint(hint: Hint): void {
    this.#link.publish(this.#link.names.hints(this.identity.token), hint);
  }

  get #name(): string {
    return this.#link.names.queue(this.identity.token);
  }

  async #open(): Promise<void> {
    const { token, maxsize, redeliver } = this.identity;
    const { jetstream } = this.#link.packages;
    if (this.#mustExist) return void (await this.info());
    await this.#owner?.present();
    const info = await this.#link.stream({
      name: this.#name,
      subjects: [this.#link.names.items(token)],
      retention: jetstream.RetentionPolicy.Workqueue,
      discard: jetstream.DiscardPolicy.New,
      max_msgs: maxsize === 0 ? -1 : maxsize,
      storage: jetstream.StorageType.File,
      duplicate_window: DUPLICATES_MS * NANOS,
      metadata: { [REDELIVERS]: String(redeliver) },
    });
    this.#checkSettings(info);
    await this.#link.manager.consumers.add(this.#name, {
      durable_name: CONSUMER,
      ack_policy: jetstream.AckPolicy.Explicit,
      ack_wait: this.#link.lease * NANOS,
      max_deliver: -1,
      max_ack_pending: -1,
      max_waiting: 8192,
      // The servers refuse another number than that of the stream, which may have been made while one of them was missing.
      num_replicas: info.config.num_replicas,
    });
  }

  #checkSettings({ config }: StreamInfo): void {
    const { maxsize, redeliver } = this.identity;
    const there = { maxsize: Math.max(0, config.max_msgs), redeliver: config.metadata?.[REDELIVERS] === "true" };
    const asked = (what: string): StateError =>
      new StateError(`A queue of this name exists with ${what}: give the same options in every process, or take another name.`);
    // A process that takes items need not know the limit.
    if (maxsize !== 0 && maxsize !== there.maxsize) throw asked(there.maxsize === 0 ? "no maxsize" : `maxsize ${there.maxsize}`);
    if (redeliver !== there.redeliver)
      throw asked(there.redeliver ? "redelivery (it is a JoinableQueue)" : "no redelivery (it is no JoinableQueue)");
  }

  async #publish(subject: string, payload: Uint8Array, msgID: string, headers: MsgHdrs | undefined): Promise<PubAck> {
    return this.#link.client.publish(subject, payload, { msgID, timeout: TRY_MS, retries: 0, ...(headers && { headers }) });
  }

  async #isShutDown(): Promise<boolean> {
    return isShut(await this.info(), this.#link.names.shutDown(this.identity.token));
  }

  #fail(error: unknown): never {
    if (isMissing(error))
      throw new OwnerDiedError("This queue is gone: a process has removed it, or the process that made it has ended.", { cause: error });
    if (isConflict(error)) throw error;
    throw ourError(error);
  }
}

/** Whether a queue was shut down: its stream has no other subject than this one. */
export function isShut({ config }: Pick<StreamInfo, "config">, subject: string): boolean {
  return config.subjects.length === 1 && config.subjects[0] === subject;
}

function isAnswer({ headers }: Msg): boolean {
  return headers === undefined || headers.code === 0;
}

function isStored(reply: Msg): boolean {
  try {
    return isAnswer(reply) && !("error" in reply.json<object>());
  } catch {
    // Any user of the account can send a reply.
    return false;
  }
}

function undecided(cause: unknown): TimeoutError {
  return new TimeoutError("No server of the cluster has confirmed this put: the item may be in the queue, or not.", {
    cause,
    fields: { mayHaveHappened: true },
  });
}
