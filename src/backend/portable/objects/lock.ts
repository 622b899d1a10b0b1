import { notHeld, notHeldHere } from "../../../errors/messages.ts";
import { List } from "../../../util/linked-list.ts";
import type { Grant } from "../../contract/backend.ts";
import type { Answer, Holder, Hosted, Request, Withdraw } from "../hub/request.ts";
import { perform, type Verbs, wholeNumber } from "./operations.ts";

interface Waiter {
  readonly who: Holder;
  readonly depth: number;
  readonly answer: Answer;
}

/** A lock as its hub keeps it, held by a process, with a depth where it is recursive. */
export class LockState implements Hosted {
  readonly #recursive: boolean;
  readonly #waiting = new List<Waiter>();
  #owner: Holder | undefined;
  #depth = 0;
  /** The next one is to be told; the present one was. */
  #abandoned = false;
  #told = false;

  constructor(recursive: boolean) {
    this.#recursive = recursive;
  }

  readonly #verbs: Verbs = {
    acquire: (request, depth) => this.#acquire(request, wholeNumber(depth, 1)),
    release: (request, how) => this.#release(request, how),
    held: ({ who, answer }) => void answer.reply(this.#owner === who ? this.#depth : 0),
  };

  handle(request: Request): Withdraw | undefined {
    return perform(this.#verbs, "lock", request);
  }

  arrive(): void {}

  depart(who: Holder): void {
    if (this.#owner !== who) return;
    this.#abandoned = true;
    this.#pass();
  }

  discard(): void {}

  #acquire({ who, once, answer }: Request, depth: number): Withdraw | undefined {
    const waiter: Waiter = { who, depth, answer };
    if (this.#owner === undefined || (this.#recursive && this.#owner === who)) this.#grant(waiter);
    else if (once) answer.decline();
    else return this.#waiting.add(waiter);
    return undefined;
  }

  /** `how`: true for all of its depth; "unused" from an acquirer that had given up, and so has told nobody what it was told. */
  #release({ who, answer }: Request, how: unknown): undefined {
    if (this.#owner === undefined || ((this.#recursive || how === "unused") && this.#owner !== who)) {
      answer.fail(this.#recursive ? notHeldHere() : notHeld());
      return;
    }
    if (how === "unused" && this.#told) this.#abandoned = true;
    const released = how === true ? this.#depth : 1;
    this.#depth -= released;
    answer.reply(released);
    if (this.#depth === 0) this.#pass();
  }

  #grant({ who, depth, answer }: Waiter): void {
    this.#depth = this.#owner === who ? this.#depth + depth : depth;
    this.#owner = who;
    this.#told = this.#abandoned;
    this.#abandoned = false;
    answer.reply((this.#told ? "abandoned" : "granted") satisfies Grant);
  }

  #pass(): void {
    this.#owner = undefined;
    this.#depth = 0;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#grant(next);
    if (!this.#recursive) return;
    // What a process holds is free to all that wait in it.
    for (const waiter of this.#waiting.take(({ who }) => who === this.#owner)) this.#grant(waiter);
  }
}
