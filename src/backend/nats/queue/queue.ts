import { hasRefs, seal, unseal } from "../../../codec/envelope.ts";
import { MOST_MESSAGES } from "../../../codec/message-list.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import { asKept, copyOf, type KeptBytes } from "../../../util/bytes.ts";
import { ONCE, type Wait } from "../../../util/wait-options.ts";
import type { Incoming, Message } from "../../contract/message.ts";
import type { Port } from "../../contract/port.ts";
import type { IncomingList, ManyItems, QueuePort, QueueStats, Stored, TakenTask } from "../../contract/queue.ts";
import type { Link } from "../link.ts";
import { isNamed, isToken } from "../names.ts";
import type { Owner } from "../owner.ts";
import { type KindName, NatsPort } from "../port.ts";
import { Waiting } from "../waiting.ts";
import { Consumer, type TakenItem } from "./consumer.ts";
import { LargeItems } from "./large-items.ts";
import { Producer } from "./producer.ts";
import { type QueueIdentity, QueueStream } from "./queue-stream.ts";

/** Calls that wait for a state of the queue look again after so many milliseconds, twice as many each time. */
const FIRST_LOOK_MS = 20;
const LAST_LOOK_MS = 500;

/** What the ports of this process to a queue share. */
interface Shared {
  readonly stream: QueueStream;
  readonly producer: Producer;
  readonly large: LargeItems;
  /** Removes the queue, if this process has made it and it has no name: nobody else could find it later. */
  readonly remove: (() => Promise<void>) | undefined;
  ports: number;
  /** Whether a reference to the queue was made. Other processes may have it then. */
  hasTravelled: boolean;
}

export class NatsQueue extends NatsPort implements QueuePort {
  readonly #shared: Shared;
  readonly #consumer: Consumer;

  private constructor(link: Link, kind: KindName, shared: Shared) {
    super(link, kind);
    this.#shared = shared;
    shared.ports++;
    this.#consumer = new Consumer(link, shared.stream, shared.large);
  }

  /** Makes a queue, or opens the one that has this name. `owner` is this process: a queue without a name is removed with it. */
  static make(link: Link, kind: KindName, identity: QueueIdentity, owner: Owner): NatsQueue {
    const isOwn = !isNamed(identity.token);
    const stream = new QueueStream(link, identity, false, isOwn ? owner : undefined);
    const remove = isOwn ? (): Promise<void> => stream.remove() : undefined;
    if (remove !== undefined) link.endings.add(remove);
    const queue = NatsQueue.#over(link, kind, stream, remove);
    // Others may look for the queue before this process uses it. A failure comes with the first call.
    void queue.sending(stream.ready()).catch(() => {});
    return queue;
  }

  /** Opens a queue that came in a message. */
  static attach(link: Link, kind: KindName, location: unknown): NatsQueue {
    const { token, maxsize, redeliver } = Object(location) as Partial<Record<keyof QueueIdentity, unknown>>;
    if (!isToken(token) || !Number.isSafeInteger(maxsize) || typeof redeliver !== "boolean")
      throw new CorruptedError("A reference to a queue is malformed: its sender is no polyproc process.");
    const stream = new QueueStream(link, { token, maxsize: maxsize as number, redeliver }, true, undefined);
    return NatsQueue.#over(link, kind, stream, undefined);
  }

  static #over(link: Link, kind: KindName, stream: QueueStream, remove: Shared["remove"]): NatsQueue {
    const large = new LargeItems(link);
    return new NatsQueue(link, kind, { stream, large, producer: new Producer(stream, large), remove, ports: 0, hasTravelled: false });
  }

  again(): Port {
    return new NatsQueue(this.link, this.kind, this.#shared);
  }

  async put(message: Message, wait: Wait): Promise<boolean> {
    this.checkTravel(message);
    const bytes = copyOf(seal(message));
    return (await this.send(wait, (waiting) => this.#shared.producer.put(bytes, waiting))) === true;
  }

  async get(wait: Wait): Promise<Incoming | undefined> {
    const [item] = await this.#take(wait, 1);
    return item && incomingOf(item);
  }

  async getTask(wait: Wait): Promise<TakenTask | undefined> {
    this.#consumer.checkTasks();
    const [item] = await this.#take(wait, 1);
    if (item === undefined) return undefined;
    return {
      incoming: incomingOf(item),
      attempt: item.pulled.attempt,
      done: () => this.sending(this.ask(() => this.#consumer.done(item))),
      giveBack: async () => this.#consumer.fail(item, 0),
      fail: (delay) => this.#consumer.fail(item, delay),
    };
  }

  get many(): ManyItems {
    const { isBounded } = this.#shared.stream;
    return { isBounded, putMany: (messages, wait) => this.#putMany(messages, wait), getMany: (most, wait) => this.#getMany(most, wait) };
  }

  async poll(wait: Wait): Promise<boolean> {
    return this.#until(wait, async () => (await this.#shared.stream.content()).size > 0);
  }

  async isDrained(): Promise<boolean> {
    return this.ask(async () => {
      await this.#shared.stream.ready();
      return (await this.#shared.stream.content()).size === 0;
    });
  }

  async stats(): Promise<QueueStats & { readonly maxsize: number }> {
    return this.ask(async () => {
      const { stream } = this.#shared;
      await stream.ready();
      const { size, consumer, stream: info } = await stream.content();
      const puts = info.state.last_seq;
      // A queue that redelivers has room again when items are done, so that is what `full()` is told.
      const maxsize = Math.max(0, info.config.max_msgs);
      return { size, puts, gets: puts - size, lost: 0, redelivered: consumer.num_redelivered, participants: 0, maxsize };
    });
  }

  async taskDone(): Promise<void> {
    await this.sending(this.ask(() => this.#consumer.done()));
  }

  async join(wait: Wait): Promise<boolean> {
    this.#consumer.checkTasks();
    return this.#until(wait, async () => (await this.#shared.stream.info()).state.messages === 0);
  }

  async shutdown(immediate: boolean): Promise<void> {
    await this.ask(async () => {
      await this.#shared.stream.ready();
      await this.#shared.stream.shutDown(immediate);
    });
  }

  protected override location(): QueueIdentity {
    this.#shared.hasTravelled = true;
    return this.#shared.stream.identity;
  }

  protected override free(): void {
    this.#consumer.close();
    const { remove, hasTravelled } = this.#shared;
    if (--this.#shared.ports > 0 || remove === undefined || hasTravelled || this.link.isClosed) return;
    this.link.endings.delete(remove);
    void remove().catch(() => {});
  }

  async #take(wait: Wait, most: number): Promise<TakenItem[]> {
    const taken = await this.waitFor(wait, async (waiting) => {
      const items = await this.#consumer.take(waiting, most);
      return items.length > 0 ? items : undefined;
    });
    return taken ?? [];
  }

  // The items of a queue without a limit leave together. The servers may refuse each item of another queue, so they go one by one.
  async #putMany(messages: readonly KeptBytes[], wait: Wait): Promise<Stored | undefined> {
    const { producer, stream } = this.#shared;
    if (!stream.isBounded) {
      const isPut = await this.send(wait, (waiting) => producer.putTogether(messages, waiting));
      return isPut && { count: messages.length, room: MOST_MESSAGES };
    }
    // Nobody may ever take an item, so a list that waits for room ends with close(), and says how many are in.
    const put = this.waitFor(wait, async (waiting) => {
      let count = 0;
      for (const bytes of messages) {
        if (!(await producer.put(bytes, count === 0 ? waiting : new Waiting(ONCE)))) break;
        count++;
      }
      return count === 0 ? undefined : { count, room: 1 };
    });
    return this.sending(put);
  }

  async #getMany(most: number, wait: Wait): Promise<Incoming | IncomingList | undefined> {
    const items = await this.#take(wait, Math.min(most, MOST_MESSAGES));
    const [first] = items;
    if (first === undefined) return undefined;
    const end = items.findIndex(({ bytes }) => hasRefs(bytes));
    const plain = end < 0 ? items : items.slice(0, end);
    this.#consumer.putBack(items.slice(Math.max(1, plain.length)));
    return plain.length === 0 ? incomingOf(first) : this.#listOf(plain, items.length === MOST_MESSAGES);
  }

  #listOf(items: readonly TakenItem[], isCut: boolean): IncomingList {
    const list = new Uint8Array(items.reduce((sum, { bytes }) => sum + bytes.length, 0));
    const bounds: number[] = [];
    let at = 0;
    for (const { bytes } of items) {
      list.set(bytes, at);
      bounds.push(at, at + bytes.length);
      at += bytes.length;
    }
    return { list, bounds, isCut, settle: (count) => this.#consumer.putBack(items.slice(count)) };
  }

  // Looks again and again whether the queue is in a state. False if it was not in time.
  async #until(wait: Wait, look: () => Promise<boolean>): Promise<boolean> {
    const { stream } = this.#shared;
    const isSo = await this.waitFor(wait, async (waiting) => {
      await waiting.patiently(() => stream.ready());
      for (let pause = FIRST_LOOK_MS; ; pause = Math.min(LAST_LOOK_MS, 2 * pause)) {
        if (await waiting.patiently(look)) return true;
        if (waiting.once || waiting.isOver) return undefined;
        await waiting.pause(pause, (wake) => stream.onHint("done", wake));
      }
    });
    return isSo === true;
  }
}

function incomingOf({ bytes }: TakenItem): Incoming {
  const { refs, bytes: value } = unseal(bytes);
  const kept: KeptBytes = asKept(value);
  return { message: { bytes: kept, refs }, lent: false, settle: () => {} };
}
