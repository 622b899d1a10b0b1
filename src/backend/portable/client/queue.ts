import { boundsOf, joinMessages } from "../../../codec/message-list.ts";
import { Op } from "../../../codec/op.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import type { KeptBytes } from "../../../util/bytes.ts";
import type { Wait } from "../../../util/wait-options.ts";
import { type Incoming, type Message, NO_REFS } from "../../contract/message.ts";
import type { IncomingList, ManyItems, QueuePort, QueueStats, Stored, TakenTask } from "../../contract/queue.ts";
import type { Arrival } from "./call.ts";
import { incomingOf, MailboxPort } from "./mailbox-port.ts";

/** The facts about a queue that its ports know. */
export interface QueueTraits {
  readonly isBounded: boolean;
}

export class PortableQueue extends MailboxPort<QueueTraits> implements QueuePort, ManyItems {
  // The items that this process has taken, and whose shared objects it is not attached to yet.
  readonly #arriving = new Set<Promise<void>>();

  get many(): ManyItems {
    return this;
  }

  get isBounded(): boolean {
    return this.access.traits.isBounded;
  }

  put(message: Message, wait: Wait): Promise<boolean> {
    return this.transmit(message, wait);
  }

  async get(wait: Wait): Promise<Incoming | undefined> {
    const incoming = await this.take(wait);
    return incoming && this.#arrival(incoming);
  }

  async getTask(wait: Wait): Promise<TakenTask | undefined> {
    const reply = await this.ask(Op.getTask, wait);
    const incoming = incomingOf(reply);
    if (incoming === undefined) return undefined;
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    const settle = (): void => {
      incoming.settle();
      resolve();
    };
    const end = async (isBack: boolean): Promise<void> => {
      // The hub counts an item as taken once it has arrived.
      await arrived;
      await this.ask(Op.endTask, undefined, [reply?.value, isBack]);
    };
    return { incoming: this.#arrival({ ...incoming, settle }), done: () => end(false), giveBack: () => end(true) };
  }

  async putMany(messages: readonly KeptBytes[], wait: Wait): Promise<Stored | undefined> {
    const reply = await this.request(Op.putMany, { bytes: joinMessages(messages), refs: NO_REFS }, wait);
    if (reply === undefined) return undefined;
    const [count, room] = Array.isArray(reply.value) ? (reply.value as unknown[]) : [];
    if (Number.isInteger(count) && (count as number) >= 1 && (count as number) <= messages.length && typeof room === "number" && room >= 0)
      return { count: count as number, room };
    throw new CorruptedError("The host of this object replied with numbers that make no sense.");
  }

  async getMany(most: number, wait: Wait): Promise<Incoming | IncomingList | undefined> {
    const reply = await this.ask(Op.getMany, wait, most);
    const incoming = incomingOf(reply);
    if (incoming === undefined) return undefined;
    const isCut = reply?.value;
    // Only a list comes with a value.
    if (typeof isCut !== "boolean") return this.#arrival(incoming);
    const { bytes } = incoming.message;
    return { list: bytes, bounds: boundsOf(bytes, most), isCut, settle: (count) => incoming.settle(count) };
  }

  async isDrained(): Promise<boolean> {
    return (await this.stats()).size === 0;
  }

  async stats(): Promise<QueueStats & { readonly maxsize: number }> {
    return (await this.ask(Op.stats))?.value as QueueStats & { readonly maxsize: number };
  }

  async taskDone(): Promise<void> {
    // The hub counts an item as taken once it has arrived.
    await Promise.all(this.#arriving);
    await this.ask(Op.taskDone);
  }

  async join(wait: Wait): Promise<boolean> {
    return (await this.ask(Op.join, wait)) !== undefined;
  }

  async shutdown(immediate: boolean): Promise<void> {
    await this.ask(Op.shutdown, undefined, immediate);
  }

  #arrival(incoming: Arrival): Incoming {
    if (incoming.message.refs.length === 0) return incoming;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#arriving.add(promise);
    const settle = (): void => {
      incoming.settle();
      this.#arriving.delete(promise);
      resolve();
    };
    return { ...incoming, settle };
  }
}
