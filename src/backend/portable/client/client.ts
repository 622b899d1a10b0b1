import type { Frame } from "../../../codec/frame.ts";
import { Op } from "../../../codec/op.ts";
import { asKept, COPY_BELOW } from "../../../util/bytes.ts";
import { upTo } from "../../../util/wait-options.ts";
import type { Message } from "../../contract/message.ts";
import { type Arrival, Call, type CallOptions } from "./call.ts";

/** This process's attachment to one object. All its ports share it. */
interface Attachment {
  readonly object: number;
  ports: number;
  readonly attached: Promise<void>;
}

/** This process's side of the connection to one hub. It sends requests and receives replies. */
export class Client {
  readonly #send: (frame: Frame) => void;
  readonly #calls = new Map<number, Call>();
  readonly #attachments = new Map<string, Attachment>();
  #lastNumber = 1;
  // Makes the error for calls, once the hub is gone.
  #gone: (() => Error) | undefined;

  constructor(send: (frame: Frame) => void) {
    this.#send = send;
  }

  /** Attaches one more port to the object. Returns the number that stands for the object in calls. */
  attach(id: string): { readonly object: number; readonly attached: Promise<void> } {
    const known = this.#attachments.get(id);
    if (known !== undefined) {
      known.ports++;
      return known;
    }
    const object = this.#nextNumber();
    const attached = this.call({ op: Op.attach, object, meta: id }).reply.then(() => {});
    attached.catch(() => {});
    const attachment: Attachment = { object, ports: 1, attached };
    this.#attachments.set(id, attachment);
    return attachment;
  }

  detach(id: string): void {
    const attachment = this.#attachments.get(id);
    if (attachment === undefined || --attachment.ports > 0) return;
    this.#attachments.delete(id);
    this.#sendUnlessGone({ op: Op.detach, id: 0, object: attachment.object });
  }

  call(options: CallOptions): Call {
    const id = this.#nextNumber();
    const call = new Call(options, id, this.#cancel);
    if (this.#gone !== undefined) {
      call.reject(this.#gone());
      return call;
    }
    const { op, object, meta, message, wait } = options;
    this.#calls.set(id, call);
    try {
      this.#send({ op, id, object, once: wait?.timeout === 0, meta, message });
    } catch (error) {
      // The request is too large to be sent.
      this.#calls.delete(id);
      call.reject(error);
    }
    return call;
  }

  /** Handles a reply of the hub. */
  receive({ id, op, meta, message }: Frame): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    if (op === Op.fail) {
      if (meta instanceof Error) call.reject(withLocalStack(meta));
      else call.decline();
    } else if (!call.hasEnded || call.options.onWithdrawal === "ask")
      call.resolve({ value: meta, incoming: message === undefined ? undefined : this.#incoming(id, message) });
    else if (message !== undefined) this.#send({ op: Op.giveBack, id, object: 0 });
    else if (call.options.undo !== undefined)
      this.#send({ op: Op.call, id: this.#nextNumber(), object: call.options.object, meta: call.options.undo });
  }

  /** Whether the hub replies to a request within `ms` milliseconds. */
  async responds(ms: number): Promise<boolean> {
    // No object has the number 0, so the reply is an error. Any reply will do.
    const reply = this.call({ op: Op.stats, object: 0, wait: upTo(ms) }).reply.catch(() => true);
    return (await reply) !== undefined;
  }

  /** Tells the hub that this process ends normally. */
  leave(): void {
    this.#sendUnlessGone({ op: Op.leave, id: this.#nextNumber(), object: 0 });
  }

  /** Called when the hub is gone. All present and later calls reject. */
  closed(reason: () => Error): void {
    if (this.#gone !== undefined) return;
    this.#gone = reason;
    for (const call of this.#calls.values()) call.reject(reason());
    this.#calls.clear();
  }

  readonly #cancel = ({ id }: Call): void => this.#sendUnlessGone({ op: Op.cancel, id, object: 0 });

  #incoming(id: number, message: Message): Arrival {
    const settle = (count?: number): void => this.#sendUnlessGone({ op: Op.settle, id, object: 0, meta: count });
    const { bytes, refs } = message;
    if (bytes.length < COPY_BELOW) return { message, lent: true, settle };
    return { message: { bytes: asKept(bytes), refs }, lent: false, settle };
  }

  #sendUnlessGone(frame: Frame): void {
    if (this.#gone === undefined) this.#send(frame);
  }

  // A frame has 32 bits for a number. When all numbers are used up, they begin again. Those that belong to waiting calls are skipped.
  #nextNumber(): number {
    do this.#lastNumber = this.#lastNumber === 0xffffffff ? 1 : this.#lastNumber + 1;
    while (this.#calls.has(this.#lastNumber));
    return this.#lastNumber;
  }
}

// The caller's stack is more useful for finding a mistake than the stack in the hub.
function withLocalStack(error: Error): Error {
  const { stack } = new Error(error.message);
  if (stack !== undefined)
    Object.defineProperty(error, "stack", { value: stack.replace(/^Error/, error.name), configurable: true, writable: true });
  return error;
}
