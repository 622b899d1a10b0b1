import { Op } from "../../../codec/op.ts";
import type { Wait } from "../../../util/wait-options.ts";
import type { ConnectionPort, Directions } from "../../contract/connection.ts";
import type { Incoming, Message } from "../../contract/message.ts";
import type { Call } from "./call.ts";
import { incomingOf, MailboxPort } from "./mailbox-port.ts";

/**
 * One end of a pipe. When its program has read a message, it asks for the next one at once, so that the next `recv` need not wait for the
 * hub's reply. The hub sends nothing ahead while another process has the same end.
 */
export class PortableConnection extends MailboxPort<Directions> implements ConnectionPort {
  readonly #polls = new Set<Call>();
  // The number of receives that wait.
  #receives = 0;

  get readable(): boolean {
    return this.access.traits.readable;
  }

  get writable(): boolean {
    return this.access.traits.writable;
  }

  send(message: Message, wait: Wait): Promise<boolean> {
    return this.transmit(message, wait);
  }

  async recv(wait: Wait): Promise<Incoming | undefined> {
    const { client, id } = this.access;
    // The hub's reply to a poll comes after what it has sent ahead.
    if (wait.timeout === 0 && client.aheadOf(id) === "asked" && !(await this.poll(wait))) return undefined;
    const options = this.waiting(Op.get, wait, this.#receiving);
    const call = client.claimAhead(id, options) ?? client.call(options);
    this.#receives++;
    try {
      return incomingOf(await call.reply);
    } finally {
      this.#receives--;
    }
  }

  override async poll(wait: Wait): Promise<boolean> {
    const { client, id } = this.access;
    const options = this.waiting(Op.poll, wait);
    if (client.aheadOf(id) === "here") return true;
    const reply = await client.call({ ...options, trackedIn: [...(options.trackedIn ?? []), this.#polls] }).reply;
    return reply?.value === true || client.aheadOf(id) === "here";
  }

  readonly #settled = (): void => {
    // A request made now would come after those that wait.
    if (this.#receives === 0) this.access.client.lookAhead(this.access.id, this.#arrived);
  };
  readonly #receiving = { settlesLate: true, settled: this.#settled };

  readonly #arrived = (): void => {
    for (const poll of this.#polls) this.access.client.answer(poll, true);
  };
}
