import { OwnerDiedError } from "../../errors.ts";
import { freeEventLoop, keepEventLoop } from "../../runtime/hold.ts";
import { FOREVER, type Wait, watchWait } from "../../timing.ts";
import { type Frame, Op } from "../../wire/frame.ts";
import type { Incoming, Message } from "../backend.ts";

/** What this process wants of a hub. */
export interface Demand {
  readonly op: number;
  readonly object: number;
  readonly meta?: unknown;
  readonly message?: Message | undefined;
  readonly wait?: Wait | undefined;
  /** What a wait that ran out rejects with. */
  readonly tooLate?: (() => Error) | undefined;
  /**
   * Who decides, when the caller gives up, whether it happened: the hub ("ask": a put is in or it is not), or the caller, who sends
   * back what still comes ("abandon").
   */
  readonly giveUp?: "ask" | "abandon";
  /** What takes the answer of an abandoned call back, where that is not its message. */
  readonly undo?: unknown;
  /** Where the call is listed while it is under way. */
  readonly listed?: readonly Set<Call>[];
}

export interface Reply {
  readonly value: unknown;
  readonly incoming: Incoming | undefined;
}

/** How long a hub may take to hear that this process ends: milliseconds. */
const LEAVE_LIMIT = 1000;

const UNLISTED: readonly Set<Call>[] = [];

/** A demand under way: its reply comes once. */
export class Call {
  readonly reply: Promise<Reply>;
  readonly demand: Demand;
  readonly id: number;
  /** The caller waits no longer: it is in no list, though the hub may still answer. */
  ended = false;
  gaveUp = false;
  reason: unknown;
  #holds = true;
  readonly #stop: (call: Call) => void;
  readonly #unwatch: (() => void) | undefined;
  #resolve!: (reply: Reply) => void;
  #reject!: (error: unknown) => void;

  constructor(demand: Demand, id: number, stop: (call: Call) => void) {
    this.demand = demand;
    this.id = id;
    this.#stop = stop;
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    keepEventLoop();
    const { wait, listed = UNLISTED } = demand;
    // Who looks only once is answered at once.
    if (wait !== undefined && wait !== FOREVER)
      this.#unwatch = watchWait(wait.timeout === 0 ? { ...wait, timeout: Number.POSITIVE_INFINITY } : wait, this.tooLate, (reason) =>
        this.giveUp(reason),
      );
    for (const list of listed) list.add(this);
  }

  get tooLate(): () => Error {
    return this.demand.tooLate ?? noAnswer;
  }

  resolve(reply: Reply): void {
    this.#end();
    this.#resolve(reply);
  }

  reject(error: unknown): void {
    this.#end();
    this.#reject(error);
  }

  giveUp(reason: unknown): void {
    if (this.gaveUp || this.ended) return;
    this.gaveUp = true;
    this.reason = reason;
    if (this.demand.giveUp !== "ask") this.reject(reason);
    this.#stop(this);
  }

  /** The event loop need not wait for this call. */
  letGo(): void {
    if (this.#holds) freeEventLoop();
    this.#holds = false;
  }

  #end(): void {
    this.ended = true;
    this.#unwatch?.();
    this.letGo();
    for (const list of this.demand.listed ?? UNLISTED) list.delete(this);
  }
}

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
      call.resolve({ value: frame.meta, incoming: message === undefined ? undefined : { message, settle } });
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
