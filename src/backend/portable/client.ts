import { OwnerDiedError } from "../../errors.ts";
import { holdEventLoop } from "../../runtime/hold.ts";
import { FOREVER, type Wait, watchWait } from "../../timing.ts";
import { type Frame, Op } from "../../wire/frame.ts";
import type { Incoming, Message } from "../backend.ts";

/** One request of this process to a hub. */
export interface Call {
  readonly op: number;
  readonly object: number;
  readonly meta?: unknown;
  readonly message?: Message;
  readonly wait?: Wait;
  /** What a wait that ran out rejects with. */
  readonly tooLate?: () => Error;
  /**
   * Who decides, when the caller gives up, whether it happened: the hub ("ask": a put is in or it is not), or the caller, who sends
   * back what still comes ("abandon").
   */
  readonly giveUp?: "ask" | "abandon";
  /** What takes the answer of an abandoned call back, where that is not its message. */
  readonly undo?: unknown;
  /** Given what the caller may do with the call while it is under way. */
  readonly onStart?: (control: CallControl) => void;
}

export interface CallControl {
  giveUp(reason: unknown): void;
  /** The event loop need not wait for this call. */
  letGo(): void;
}

export interface Reply {
  readonly value: unknown;
  readonly incoming: Incoming | undefined;
}

/** How long a hub may take to hear that this process ends: milliseconds. */
const LEAVE_LIMIT = 1000;

interface Pending {
  resolve(reply: Reply): void;
  reject(error: unknown): void;
  tooLate(): Error;
  gaveUp: boolean;
  abandoned: boolean;
  reason: unknown;
  readonly undo: (() => void) | undefined;
}

/** This process's side of the line to one hub: requests out, answers in. */
export class Client {
  readonly #send: (frame: Frame) => void;
  readonly #pending = new Map<number, Pending>();
  readonly #attachments = new Map<string, { readonly object: number; count: number; readonly attached: Promise<void> }>();
  #next = 1;
  #gone: (() => Error) | undefined;

  constructor(send: (frame: Frame) => void) {
    this.#send = send;
  }

  /** Counts one more hold on the object; the number stands for it in calls. */
  attach(id: string): { readonly object: number; readonly attached: Promise<void> } {
    const known = this.#attachments.get(id);
    if (known !== undefined) {
      known.count++;
      return known;
    }
    const object = this.#number();
    const attached = this.call({ op: Op.attach, object, meta: id }).then(() => {});
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

  call(call: Call): Promise<Reply> {
    const { op, object, meta, message, wait = FOREVER, tooLate = noAnswer, giveUp = "abandon", undo, onStart } = call;
    return new Promise<Reply>((resolve, reject) => {
      if (this.#gone !== undefined) throw this.#gone();
      const id = this.#number();
      const letGo = holdEventLoop();
      const once = wait.timeout === 0;
      const stopWatching = (reason: unknown): void => {
        if (pending.gaveUp || this.#pending.get(id) !== pending) return;
        pending.gaveUp = true;
        pending.reason = reason;
        if (giveUp === "abandon") {
          pending.abandoned = true;
          pending.reject(reason);
        }
        if (this.#gone === undefined) this.#send({ op: Op.cancel, id, object: 0 });
      };
      const unwatch = watchWait(once ? { ...wait, timeout: Number.POSITIVE_INFINITY } : wait, tooLate, stopWatching);
      const end = (): void => {
        unwatch();
        letGo();
      };
      const pending: Pending = {
        resolve: (reply) => {
          end();
          resolve(reply);
        },
        reject: (error) => {
          end();
          reject(error);
        },
        tooLate,
        gaveUp: false,
        abandoned: false,
        reason: undefined,
        undo: undo === undefined ? undefined : () => this.#send({ op: Op.call, id: this.#number(), object, meta: undo }),
      };
      this.#pending.set(id, pending);
      onStart?.({ giveUp: stopWatching, letGo });
      this.#send({ op, id, object, once, meta, message });
    });
  }

  receive(frame: Frame): void {
    const { id, op, message } = frame;
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    if (op === Op.fail) {
      if (frame.meta instanceof Error) pending.reject(withLocalStack(frame.meta));
      else pending.reject(pending.gaveUp ? pending.reason : pending.tooLate());
    } else if (pending.abandoned) {
      if (message !== undefined) this.#send({ op: Op.giveBack, id, object: 0 });
      else pending.undo?.();
    } else {
      const settle = (): void => {
        if (this.#gone === undefined) this.#send({ op: Op.settle, id, object: 0 });
      };
      pending.resolve({ value: frame.meta, incoming: message === undefined ? undefined : { message, settle } });
    }
  }

  /** Tells the hub that this process is about to end in order. */
  async leave(): Promise<void> {
    await this.call({ op: Op.leave, object: 0, wait: { timeout: LEAVE_LIMIT, signal: undefined } });
  }

  /** The hub is gone: everything that waits for it rejects. */
  closed(reason: () => Error): void {
    if (this.#gone !== undefined) return;
    this.#gone = reason;
    for (const pending of this.#pending.values()) pending.reject(reason());
    this.#pending.clear();
  }

  #number(): number {
    // Numbers are 32 bits on the wire; those of long waits are still in use when they come round again.
    do this.#next = this.#next === 0xffffffff ? 1 : this.#next + 1;
    while (this.#pending.has(this.#next));
    return this.#next;
  }
}

function noAnswer(): Error {
  return new OwnerDiedError("The process that hosts this object did not answer.");
}

// Where the caller waited tells more than where the hub answered.
function withLocalStack(error: Error): Error {
  const { stack } = new Error(error.message);
  if (stack !== undefined)
    Object.defineProperty(error, "stack", { value: stack.replace(/^Error/, error.name), configurable: true, writable: true });
  return error;
}
