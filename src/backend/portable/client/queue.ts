import { Op } from "../../../codec/op.ts";
import type { Wait } from "../../../util/wait-options.ts";
import type { Incoming, Message } from "../../contract/message.ts";
import type { QueuePort, QueueStats } from "../../contract/queue.ts";
import { MailboxPort } from "./mailbox-port.ts";

export class PortableQueue extends MailboxPort implements QueuePort {
  put(message: Message, wait: Wait): Promise<boolean> {
    return this.transmit(message, wait);
  }

  get(wait: Wait): Promise<Incoming | undefined> {
    return this.take(wait);
  }

  async stats(): Promise<QueueStats & { readonly maxsize: number }> {
    return (await this.ask(Op.stats))?.value as QueueStats & { readonly maxsize: number };
  }

  async taskDone(): Promise<void> {
    await this.ask(Op.taskDone);
  }

  async join(wait: Wait): Promise<boolean> {
    return (await this.ask(Op.join, wait)) !== undefined;
  }

  async shutdown(immediate: boolean): Promise<void> {
    await this.ask(Op.shutdown, undefined, immediate);
  }
}
