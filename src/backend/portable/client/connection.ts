import type { Wait } from "../../../util/wait-options.ts";
import type { ConnectionPort, Directions } from "../../contract/connection.ts";
import type { Incoming, Message } from "../../contract/message.ts";
import { MailboxPort } from "./mailbox-port.ts";

export class PortableConnection extends MailboxPort<Directions> implements ConnectionPort {
  get readable(): boolean {
    return this.access.traits.readable;
  }

  get writable(): boolean {
    return this.access.traits.writable;
  }

  send(message: Message, wait: Wait): Promise<boolean> {
    return this.transmit(message, wait);
  }

  recv(wait: Wait): Promise<Incoming | undefined> {
    return this.take(wait);
  }
}
