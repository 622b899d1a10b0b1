import { Op } from "../../../codec/op.ts";
import type { Wait } from "../../../util/wait-options.ts";
import type { Incoming, Message } from "../../contract/message.ts";
import type { QueuePort, QueueStats } from "../../contract/queue.ts";
import { MailboxPort } from "./mailbox-port.ts";

export class PortableQueue extends MailboxPort implements QueuePort {
  // The items that this process has taken, and whose shared objects it is not attached to yet.
  readonly #arriving = new Set<Promise<void>>();

  put(message: Message, wait: Wait): Promise<boolean> {
    return this.transmit(message, wait);
  }

  async get(wait: Wait): Promise<Incoming | undefined> {
    const incoming = await this.take(wait);
    if (incoming === undefined || incoming.message.refs.length === 0) return incoming;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#arriving.add(promise);
    const settle = (): void => {
      incoming.settle();
      this.#arriving.delete(promise);
      resolve();
    };
    return { ...incoming, settle };
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
}
