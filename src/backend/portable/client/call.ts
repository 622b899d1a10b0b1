import { OwnerDiedError } from "../../../errors/errors.ts";
import { watchWait } from "../../../util/deadline.ts";
import { freeEventLoop, keepEventLoop } from "../../../util/event-loop.ts";
import { FOREVER, type Wait } from "../../../util/wait-options.ts";
import type { Incoming, Message } from "../../contract/message.ts";

/** A request, and how its caller waits for the reply. */
export interface CallOptions {
  readonly op: number;
  /** This client's number of the object. */
  readonly object: number;
  readonly meta?: unknown;
  readonly message?: Message | undefined;
  /** How long the caller waits. Without it, the hub has to carry out the request: it is an error if it does not. */
  readonly wait?: Wait | undefined;
  /**
   * How the call ends if the caller withdraws it. With "ask", the call goes on until the hub says whether it was carried out: a put is in
   * the queue, or it is not. With "abandon", the default, the call ends at once, and the client takes back what still comes.
   */
  readonly onWithdrawal?: "ask" | "abandon";
  /** The meta of a call that takes back the reply of an abandoned call. A reply that brings a message needs none: the message is given back. */
  readonly undo?: unknown;
  /** Sets that contain the call until it ends. */
  readonly trackedIn?: readonly Set<Call>[];
}

export interface Reply {
  readonly value: unknown;
  readonly incoming: Incoming | undefined;
}

const UNTRACKED: readonly Set<Call>[] = [];

/** A request to a hub, until its reply comes. */
export class Call {
  /** Resolves to `undefined` if the time ran out and the request was not carried out. */
  readonly reply: Promise<Reply | undefined>;
  readonly options: CallOptions;
  readonly id: number;
  /** Whether `reply` is settled. The hub may still reply to a call that was abandoned. */
  hasEnded = false;
  #holdsEventLoop = true;
  readonly #cancel: (call: Call) => void;
  readonly #unwatch: (() => void) | undefined;
  // How the call ends if it was withdrawn before the request was carried out.
  #endWithdrawn: (() => void) | undefined;
  #resolve!: (reply: Reply | undefined) => void;
  #reject!: (error: unknown) => void;

  /** @param cancel tells the hub that the call was withdrawn */
  constructor(options: CallOptions, id: number, cancel: (call: Call) => void) {
    this.options = options;
    this.id = id;
    this.#cancel = cancel;
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    keepEventLoop();
    const { wait, trackedIn = UNTRACKED } = options;
    if (wait !== undefined && wait !== FOREVER) {
      // The hub replies at once to a request that looks once, so no timer is needed.
      const watched = wait.timeout === 0 ? { ...wait, timeout: Number.POSITIVE_INFINITY } : wait;
      const late = (): void => this.#withdraw(() => this.resolve(undefined));
      this.#unwatch = watchWait(watched, late, (reason) => this.withdraw(reason));
    }
    for (const set of trackedIn) set.add(this);
  }

  resolve(reply: Reply | undefined): void {
    this.#end();
    this.#resolve(reply);
  }

  reject(error: unknown): void {
    this.#end();
    this.#reject(error);
  }

  /** The hub did not carry out the request: it looked only once, or the call was withdrawn in time. */
  decline(): void {
    if (this.#endWithdrawn !== undefined) this.#endWithdrawn();
    else if (this.options.wait !== undefined) this.resolve(undefined);
    else this.reject(new OwnerDiedError("The process that hosts this object did not answer."));
  }

  /** The caller waits no longer. */
  withdraw(reason: unknown): void {
    this.#withdraw(() => this.reject(reason));
  }

  /** The event loop need not wait for this call. */
  letGo(): void {
    if (this.#holdsEventLoop) freeEventLoop();
    this.#holdsEventLoop = false;
  }

  #withdraw(end: () => void): void {
    if (this.#endWithdrawn !== undefined || this.hasEnded) return;
    this.#endWithdrawn = end;
    if (this.options.onWithdrawal !== "ask") end();
    this.#cancel(this);
  }

  #end(): void {
    this.hasEnded = true;
    this.#unwatch?.();
    this.letGo();
    for (const set of this.options.trackedIn ?? UNTRACKED) set.delete(this);
  }
}

/** Resolves when none of these calls is under way, nor one that was added meanwhile. */
export async function allEnded(calls: ReadonlySet<Call>): Promise<void> {
  while (calls.size > 0) await Promise.allSettled(Array.from(calls, ({ reply }) => reply));
}
