import { OwnerDiedError } from "../../../errors/errors.ts";
import { after, watchWait } from "../../../util/deadline.ts";
import { freeEventLoop, type Hold, keepEventLoop } from "../../../util/event-loop.ts";
import { FOREVER, type Wait } from "../../../util/wait-options.ts";
import type { Incoming, Message } from "../../contract/message.ts";
import { putOpen } from "../../contract/undecided.ts";

// A request that looks only once needs the hub's reply too. If none comes in this number of milliseconds, it has found nothing.
const LOOK_LIMIT = 1000;
// A put that was withdrawn waits this number of milliseconds for the hub to say whether it has carried the put out.
const ANSWER_LIMIT = 250;

/** A request, and the options of its caller's wait. */
export interface CallOptions {
  readonly op: number;
  /** This client's number of the object. */
  readonly object: number;
  readonly meta?: unknown;
  readonly message?: Message | undefined;
  /** The limits of the caller's wait. Without them, a request that the hub does not carry out is an error. */
  readonly wait?: Wait | undefined;
  /**
   * The end of the call if the caller withdraws it. With "ask", the hub should say whether it carried the request out: a put is in the
   * queue, or it is not. If the hub does not say so at once, the call rejects with an error that leaves it open. With "abandon", the
   * default, the call ends at once, and the client undoes a reply that still comes.
   */
  readonly onWithdrawal?: "ask" | "abandon";
  /**
   * The meta of a request that undoes the reply to an abandoned call. A reply with a message needs none: the message goes back to the hub.
   */
  readonly undo?: unknown;
  /** Sets that contain the call until it ends. */
  readonly trackedIn?: readonly Set<Call>[];
  /** Whether a message counts as arrived without this process having to say so before its program goes on. */
  readonly settlesLate?: boolean;
  /** Called when the message of the reply has arrived. */
  readonly settled?: () => void;
  readonly hold?: Hold;
}

/** A message that a reply brought. If it is a list of messages, `count` says how many of them have arrived; the others go back. */
export type Arrival = Incoming & { settle(count?: number): void };

export interface Reply {
  readonly value: unknown;
  readonly incoming: Arrival | undefined;
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
  /** Whether the reply is that to a request which the client made ahead. */
  isAhead = false;
  #hold: Hold | undefined;
  readonly #cancel: (call: Call) => void;
  #unwatch: (() => void) | undefined;
  // Ends the call if it was withdrawn before the request was carried out.
  #endWithdrawn: (() => void) | undefined;
  // Tells the outcome of a call that has ended without one.
  #decide: ((carriedOut: boolean) => void) | undefined;
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
    const { wait, trackedIn = UNTRACKED, hold = "always" } = options;
    this.#hold = hold;
    keepEventLoop(hold);
    if (wait !== undefined && wait !== FOREVER) {
      const watched = wait.timeout === 0 ? { ...wait, timeout: LOOK_LIMIT } : wait;
      const late = (): void => this.#withdraw(() => this.resolve(undefined), undefined);
      this.#unwatch = watchWait(watched, late, (reason) => this.withdraw(reason));
    }
    for (const set of trackedIn) set.add(this);
  }

  resolve(reply: Reply | undefined): void {
    this.#end(reply !== undefined);
    this.#resolve(reply);
  }

  reject(error: unknown): void {
    this.#end(false);
    this.#reject(error);
  }

  /** Called if the hub did not carry out the request, because it looked only once, or because the call was withdrawn in time. */
  decline(): void {
    if (this.#endWithdrawn !== undefined) this.#endWithdrawn();
    else if (this.options.wait !== undefined) this.resolve(undefined);
    else
      this.reject(
        new OwnerDiedError(
          "The process that hosts this object did not reply to a request: make shared objects in the process that lives longest.",
        ),
      );
  }

  /** Called when the caller does not wait any longer. */
  withdraw(reason: unknown): void {
    this.#withdraw(() => this.reject(reason), reason);
  }

  /** Lets this process end although this call waits. The target of this process may still wait for it. */
  letGo(): void {
    if (this.#hold !== "always") return;
    this.#hold = "whileWorking";
    keepEventLoop("whileWorking");
    freeEventLoop();
  }

  #withdraw(end: () => void, reason: unknown): void {
    if (this.#endWithdrawn !== undefined || this.hasEnded) return;
    this.#endWithdrawn = end;
    this.#cancel(this);
    if (this.options.onWithdrawal !== "ask") end();
    else this.#unwatch = after(ANSWER_LIMIT, () => this.#leaveOpen(reason));
  }

  #leaveOpen(reason: unknown): void {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.reject(putOpen(promise, reason));
    this.#decide = resolve;
  }

  #end(carriedOut: boolean): void {
    this.#decide?.(carriedOut);
    this.hasEnded = true;
    this.#unwatch?.();
    if (this.#hold !== undefined) freeEventLoop(this.#hold);
    this.#hold = undefined;
    for (const set of this.options.trackedIn ?? UNTRACKED) set.delete(this);
  }
}

/** Resolves when all these calls have ended, and also those that are added before that. */
export async function allEnded(calls: ReadonlySet<Call>): Promise<void> {
  while (calls.size > 0) await Promise.allSettled(Array.from(calls, ({ reply }) => reply));
}
