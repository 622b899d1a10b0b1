import { type Frame, Op } from "../../../codec/frame.ts";
import { KEEP_BELOW } from "../../../util/bytes.ts";
import { Call, type Demand } from "./call.ts";

/** How long a hub may take to hear that this process ends: milliseconds. */
const LEAVE_LIMIT = 1000;

/** This process's side of the line to one hub: requests out, answers in. */
export class Client {
  readonly #send: (frame: Frame) => void;
  readonly #calls = new Map<number, Call>();
  readonly #attachments = new Map<string, { readonly object: number; count: number; readonly attached: Promise<void> }>();
  #next = 1;
  #gone: (() => Error) | undefined;

  constructor(send: (frame: Frame) => void) {
    this.#send = send;
  }

  readonly #stop = ({ id }: Call): void => {
    if (this.#gone === undefined) this.#send({ op: Op.cancel, id, object: 0 });
  };

  /** Counts one more hold on the object; the number stands for it in calls. */
  attach(id: string): { readonly object: number; readonly attached: Promise<void> } {
    const known = this.#attachments.get(id);
    if (known !== undefined) {
      known.count++;
      return known;
    }
    const object = this.#number();
    const attached = this.call({ op: Op.attach, object, meta: id }).reply.then(() => {});
    attached.catch(() => {});
    const attachment = { object, count: 1, attached };
    this.#attachments.set(id, attachment);
    return attachment;
  }

  detach(id: string): void {
    const attachment = this.#attachments.get(id);
    if (attachment === undefined || --attachment.count > 0) return;
    this.#attachments.delete(id);
    if (this.#gone === undefined) this.#send({ op: Op.detach, id: 0, object: attachment.object });
  }

  /** Makes a demand; `reply` rejects with what went wrong. */
  call(demand: Demand): Call {
    const id = this.#number();
    const call = new Call(demand, id, this.#stop);
    if (this.#gone !== undefined) {
      call.reject(this.#gone());
      return call;
    }
    const { op, object, meta, message, wait } = demand;
    this.#calls.set(id, call);
    this.#send({ op, id, object, once: wait?.timeout === 0, meta, message });
    return call;
  }

  receive(frame: Frame): void {
    const { id, op, message } = frame;
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    if (op === Op.fail) {
      if (frame.meta instanceof Error) call.reject(withLocalStack(frame.meta));
      else call.reject(call.gaveUp ? call.reason : call.tooLate());
    } else if (!call.ended) {
      const settle = (): void => {
        if (this.#gone === undefined) this.#send({ op: Op.settle, id, object: 0 });
      };
      call.resolve({
        value: frame.meta,
        incoming: message === undefined ? undefined : { message, lent: message.bytes.length < KEEP_BELOW, settle },
      });
    } else if (message !== undefined) this.#send({ op: Op.giveBack, id, object: 0 });
    else if (call.demand.undo !== undefined)
      this.#send({ op: Op.call, id: this.#number(), object: call.demand.object, meta: call.demand.undo });
  }

  /** Tells the hub that this process is about to end in order. */
  async leave(): Promise<void> {
    await this.call({ op: Op.leave, object: 0, wait: { timeout: LEAVE_LIMIT, signal: undefined } }).reply;
  }

  /** The hub is gone: everything that waits for it rejects. */
  closed(reason: () => Error): void {
    if (this.#gone !== undefined) return;
    this.#gone = reason;
    for (const call of this.#calls.values()) call.reject(reason());
    this.#calls.clear();
  }

  #number(): number {
    // Numbers are 32 bits on the wire; those of long waits are still in use when they come round again.
    do this.#next = this.#next === 0xffffffff ? 1 : this.#next + 1;
    while (this.#calls.has(this.#next));
    return this.#next;
  }
}

// Where the caller waited tells more than where the hub answered.
function withLocalStack(error: Error): Error {
  const { stack } = new Error(error.message);
  if (stack !== undefined)
    Object.defineProperty(error, "stack", { value: stack.replace(/^Error/, error.name), configurable: true, writable: true });
  return error;
}
