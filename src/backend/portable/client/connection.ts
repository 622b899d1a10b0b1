import type { Wait } from "../../../util/wait-options.ts";
import type { ConnectionPort } from "../../contract/connection.ts";
import type { Incoming, Message } from "../../contract/message.ts";
import { MailboxPort } from "./mailbox-port.ts";

/** The directions in which an end of a pipe can be used. */
export interface Directions {
  readonly readable: boolean;
  readonly writable: boolean;
}

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
