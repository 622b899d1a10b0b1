import type { Frame } from "../../../codec/frame.ts";
import { Op } from "../../../codec/op.ts";
import { asKept, COPY_BELOW, keepPart } from "../../../util/bytes.ts";
import { upTo } from "../../../util/wait-options.ts";
import type { Message } from "../../contract/message.ts";
import { type Arrival, Call, type CallOptions } from "./call.ts";

/** This process's attachment to one object. All its ports share it. */
interface Attachment {
  readonly object: number;
  ports: number;
  readonly attached: Promise<void>;
  /** The present request for a message for which the program has not asked yet. */
  ahead: Ahead | undefined;
}

/** A request for a message, made before the program asks for it. */
interface Ahead {
  readonly id: number;
  /** The reply, if it has come. */
  reply: Frame | undefined;
  /** Called when the reply has come, unless the hub does not send ahead now. */
  readonly arrived: () => void;
}

/** This process's side of the connection to one hub. It sends requests and receives replies. */
export class Client {
  readonly #send: (frame: Frame) => void;
  readonly #calls = new Map<number, Call>();
  readonly #attachments = new Map<string, Attachment>();
  readonly #aheads = new Map<number, Ahead>();
  /** Whether the hub is in this process. */
  readonly isOwn: boolean;
  #lastNumber = 1;
  // Makes the error for calls, once the hub is gone.
  #gone: (() => Error) | undefined;

  constructor(send: (frame: Frame) => void, isOwn = false) {
    this.#send = send;
    this.isOwn = isOwn;
  }

  /** Attaches one more port to the object. Returns the number that stands for the object in calls. */
  attach(id: string): { readonly object: number; readonly attached: Promise<void> } {
    const known = this.#attachments.get(id);
    if (known !== undefined) {
      known.ports++;
      this.#giveBackAhead(known);
      return known;
    }
    const object = this.#nextNumber();
    const attached = this.call({ op: Op.attach, object, meta: id }).reply.then(() => {});
    attached.catch(() => {});
    const attachment: Attachment = { object, ports: 1, attached, ahead: undefined };
    this.#attachments.set(id, attachment);
    return attachment;
  }

  detach(id: string): void {
    const attachment = this.#attachments.get(id);
    if (attachment === undefined || --attachment.ports > 0) return;
    this.#attachments.delete(id);
    this.#giveBackAhead(attachment);
    this.#sendUnlessGone({ op: Op.detach, id: 0, object: attachment.object });
  }

  call(options: CallOptions): Call {
    const id = this.#nextNumber();
    const call = new Call(options, id, this.#cancel);
    if (this.#gone !== undefined) {
      call.reject(this.#gone());
      return call;
    }
    this.#request(call);
    return call;
  }

  /**
   * Asks for a message of an object before the program does, so that it is here by then. Only the object's one port in this process does
   * so, because the message is kept here until the program asks. `arrived` is called when it is here.
   */
  lookAhead(id: string, arrived: () => void): void {
    const attachment = this.#attachments.get(id);
    if (attachment === undefined || attachment.ports > 1 || attachment.ahead !== undefined || this.isOwn || this.#gone !== undefined)
      return;
    const ahead: Ahead = { id: this.#nextNumber(), reply: undefined, arrived };
    attachment.ahead = ahead;
    this.#aheads.set(ahead.id, ahead);
    this.#send({ op: Op.getAhead, id: ahead.id, object: attachment.object, mayWait: true });
  }

  /** Whether a message was asked for ahead: "here" if it has come, "asked" if not. */
  aheadOf(id: string): "here" | "asked" | undefined {
    const ahead = this.#attachments.get(id)?.ahead;
    if (ahead === undefined || ahead.reply === undefined) return ahead && "asked";
    return isDeclined(ahead.reply) ? undefined : "here";
  }

  /** Makes a call whose reply is that to the request made ahead. `undefined` if none was made. */
  claimAhead(id: string, options: CallOptions): Call | undefined {
    const attachment = this.#attachments.get(id);
    const ahead = attachment?.ahead;
    if (attachment === undefined || ahead === undefined) return undefined;
    attachment.ahead = undefined;
    this.#aheads.delete(ahead.id);
    if (ahead.reply !== undefined && isDeclined(ahead.reply)) return undefined;
    const call = new Call(options, ahead.id, this.#cancel);
    call.isAhead = true;
    if (ahead.reply === undefined && this.#gone !== undefined) call.reject(this.#gone());
    else this.#calls.set(ahead.id, call);
    if (ahead.reply !== undefined) this.receive(ahead.reply);
    return call;
  }

  /** Replies to a call in place of the hub. */
  answer(call: Call, value: unknown): void {
    this.#calls.delete(call.id);
    this.#cancel(call);
    call.resolve({ value, incoming: undefined });
  }

  /** Handles a reply of the hub. */
  receive(frame: Frame): void {
    const { id, op, meta, message } = frame;
    const call = this.#calls.get(id);
    if (call === undefined) {
      this.#keepAhead(frame);
      return;
    }
    this.#calls.delete(id);
    if (op === Op.fail) {
      if (meta instanceof Error) call.reject(withLocalStack(meta));
      else if (call.isAhead && !call.hasEnded) this.#request(call);
      else call.decline();
    } else if (!call.hasEnded || call.options.onWithdrawal === "ask")
      call.resolve({
        value: meta,
        incoming: message === undefined ? undefined : this.#incoming(id, message, call.options),
      });
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

  #request(call: Call): void {
    const { id } = call;
    const { op, object, meta, message, wait } = call.options;
    call.isAhead = false;
    this.#calls.set(id, call);
    try {
      this.#send({ op, id, object, once: wait?.timeout === 0, meta, message });
    } catch (error) {
      // The request is too large to be sent.
      this.#calls.delete(id);
      call.reject(error);
    }
  }

  #keepAhead(frame: Frame): void {
    const ahead = this.#aheads.get(frame.id);
    if (ahead === undefined) return;
    const { message } = frame;
    ahead.reply = message === undefined ? frame : { ...frame, message: { ...message, bytes: keepPart(message.bytes) } };
    if (!isDeclined(frame)) ahead.arrived();
  }

  #giveBackAhead(attachment: Attachment): void {
    const { ahead } = attachment;
    if (ahead === undefined) return;
    attachment.ahead = undefined;
    this.#aheads.delete(ahead.id);
    this.#sendUnlessGone({ op: ahead.reply === undefined ? Op.cancel : Op.giveBack, id: ahead.id, object: 0 });
  }

  #incoming(id: number, message: Message, { settlesLate, settled }: CallOptions): Arrival {
    const settle = (count?: number): void => {
      this.#sendUnlessGone({ op: Op.settle, id, object: 0, meta: count, mayWait: settlesLate === true });
      settled?.();
    };
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
    while (this.#calls.has(this.#lastNumber) || this.#aheads.has(this.#lastNumber));
    return this.#lastNumber;
  }
}

// Whether the hub does not send ahead now.
function isDeclined({ op, meta }: Frame): boolean {
  return op === Op.fail && !(meta instanceof Error);
}

// The caller's stack is more useful for finding a mistake than the stack in the hub.
function withLocalStack(error: Error): Error {
  const { stack } = new Error(error.message);
  if (stack !== undefined)
    Object.defineProperty(error, "stack", { value: stack.replace(/^Error/, error.name), configurable: true, writable: true });
  return error;
}
