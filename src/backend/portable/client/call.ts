import { OwnerDiedError } from "../../../errors/errors.ts";
import { freeEventLoop, keepEventLoop } from "../../../util/event-loop.ts";
import { FOREVER, type Wait, watchWait } from "../../../util/timing.ts";
import type { Incoming, Message } from "../../contract/backend.ts";

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

function noAnswer(): Error {
  return new OwnerDiedError("The process that hosts this object did not answer.");
}
