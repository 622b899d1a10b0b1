import { Op } from "../../../codec/op.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import { COPY_BELOW, copyOf } from "../../../util/bytes.ts";
import { ReusedCopies } from "../../../util/reused-copies.ts";
import type { Wait } from "../../../util/wait-options.ts";
import type { Message } from "../../contract/message.ts";
import { type Arrival, allEnded, type Call, type Reply } from "./call.ts";
import { type ObjectAccess, PortablePort } from "./port.ts";

const largeCopies = new ReusedCopies();

/** The common part of the ports to queues and pipes: sending and receiving messages. */
export class MailboxPort<Traits = undefined> extends PortablePort<Traits> {
  readonly #sends = new Set<Call>();
  readonly #sendSets: readonly Set<Call>[];
  #mayBeLost = false;

  constructor(access: ObjectAccess<Traits>) {
    super(access);
    this.#sendSets = [this.#sends, access.unsent];
  }

  /** Resolves when all sends of this port are complete. */
  sent(): Promise<void> {
    return allEnded(this.#sends);
  }

  /** Lets this process end although sends are not complete. */
  letGo(): void {
    this.#mayBeLost = true;
    for (const send of this.#sends) send.letGo();
  }

  poll(wait: Wait): Promise<boolean> {
    return this.ask(Op.poll, wait).then((reply) => reply?.value === true);
  }

  protected override detach(): void {
    if (this.#sends.size === 0) super.detach();
    else void this.sent().then(() => super.detach());
  }

  /** Sends a message. False if the time ran out and it was not sent. */
  protected async transmit({ bytes, refs }: Message, wait: Wait): Promise<boolean> {
    // A small message is copied into its frame at once. A large one is not, and its bytes are lent, so it is copied here.
    if (bytes.length < COPY_BELOW) return (await this.request(Op.put, { bytes, refs }, wait)) !== undefined;
    // A hub in this process keeps the copy.
    if (this.access.client.isOwn) return (await this.request(Op.put, { bytes: copyOf(bytes), refs }, wait)) !== undefined;
    const copy = largeCopies.copyOf(bytes);
    const isSent = (await this.request(Op.put, { bytes: copy, refs }, wait)) !== undefined;
    // The hub has replied, so the whole message was written.
    if (isSent) largeCopies.takeBack(copy);
    return isSent;
  }

  /** Makes a request with a message. Returns the reply, or `undefined` if the time ran out and the request was not carried out. */
  protected request(op: number, message: Message, wait: Wait): Promise<Reply | undefined> {
    this.checkOpen();
    const trackedIn = this.#mayBeLost ? [this.#sends] : this.#sendSets;
    const hold = this.#mayBeLost ? "whileWorking" : "always";
    return this.access.client.call({ op, object: this.object, message, wait, onWithdrawal: "ask", trackedIn, hold }).reply;
  }

  /** Takes a message. `undefined` if none came in time. */
  protected async take(wait: Wait): Promise<Arrival | undefined> {
    return incomingOf(await this.access.client.call(this.waiting(Op.get, wait)).reply);
  }
}

/** Returns the message that a reply must have brought. */
export function incomingOf(reply: Reply | undefined): Arrival | undefined {
  if (reply !== undefined && reply.incoming === undefined) throw new CorruptedError("The host of this object replied without the message.");
  return reply?.incoming;
}
