import type { Grant } from "../backend.ts";
import { notHeld, notHeldHere } from "../texts.ts";
import { List } from "./list.ts";
import type { Answer, Holder, Hosted, Request, Withdraw } from "./request.ts";
import { perform, type Verbs, wholeNumber } from "./verbs.ts";

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
  #abandoned = false;

  constructor(recursive: boolean) {
    this.#recursive = recursive;
  }

  readonly #verbs: Verbs = {
    acquire: (request, depth) => this.#acquire(request, wholeNumber(depth, 1)),
    release: (request, all) => this.#release(request, all === true),
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

  #release({ who, answer }: Request, all: boolean): undefined {
    if (this.#owner === undefined || (this.#recursive && this.#owner !== who)) {
      answer.fail(this.#recursive ? notHeldHere() : notHeld());
      return;
    }
    const released = all ? this.#depth : 1;
    this.#depth -= released;
    answer.reply(released);
    if (this.#depth === 0) this.#pass();
  }

  #grant({ who, depth, answer }: Waiter): void {
    this.#depth = this.#owner === who ? this.#depth + depth : depth;
    this.#owner = who;
    answer.reply((this.#abandoned ? "abandoned" : "granted") satisfies Grant);
    this.#abandoned = false;
  }

  #pass(): void {
    this.#owner = undefined;
    this.#depth = 0;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#grant(next);
  }
}
