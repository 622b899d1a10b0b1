import { Op } from "../../../codec/op.ts";
import type { Wait } from "../../../util/wait-options.ts";
import type { ManagedPort } from "../../contract/managed.ts";
import type { Incoming, Message } from "../../contract/message.ts";
import { PortablePort } from "./port.ts";

// A reply without shared objects inside is this process's as soon as it is here.
const nothing = (): void => {};

export class PortableManaged extends PortablePort implements ManagedPort {
  async call<T>(message: Message, wait: Wait, accept: (reply: Incoming) => T): Promise<T | undefined> {
    const incoming = (await this.access.client.call(this.waiting(Op.invoke, wait, { message })).reply)?.incoming;
    if (incoming === undefined) return undefined;
    return accept(incoming.message.refs.length === 0 ? { ...incoming, settle: nothing } : incoming);
  }
}
