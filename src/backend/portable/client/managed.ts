import { Op } from "../../../codec/op.ts";
import type { Wait } from "../../../util/wait-options.ts";
import type { ManagedPort } from "../../contract/managed.ts";
import type { Incoming, Message } from "../../contract/message.ts";
import { PortablePort } from "./port.ts";

export class PortableManaged extends PortablePort implements ManagedPort {
  async call<T>(message: Message, wait: Wait, accept: (reply: Incoming) => T): Promise<T | undefined> {
    const reply = await this.access.client.call(this.waiting(Op.invoke, wait, { message, settlesLate: true })).reply;
    return reply?.incoming === undefined ? undefined : accept(reply.incoming);
  }
}
