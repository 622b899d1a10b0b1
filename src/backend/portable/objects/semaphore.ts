import { tooManyReleased } from "../../../errors/messages.ts";
import { List } from "../../../util/linked-list.ts";
import type { Grant, SemaphoreSettings } from "../../contract/backend.ts";
import type { Answer, Holder, Hosted, Request, Withdraw } from "../hub/request.ts";
import { perform, type Verbs } from "./operations.ts";

const MOST = 2 ** 31 - 1;

interface Waiter {
  readonly who: Holder;
  readonly answer: Answer;
}

/** A semaphore as its hub keeps it. */
export class SemaphoreState implements Hosted {
  readonly #most: number;
  readonly #robust: boolean;
  readonly #waiting = new List<Waiter>();
  readonly #held = new Map<Holder, number>();
  #value: number;

  constructor({ value, bounded, robust }: SemaphoreSettings) {
    this.#value = value;
    this.#most = bounded ? value : MOST;
    this.#robust = robust;
  }

  readonly #verbs: Verbs = {
    acquire: (request) => this.#acquire(request),
    release: (request) => this.#release(request),
    value: ({ answer }) => void answer.reply(this.#value),
  };

  handle(request: Request): Withdraw | undefined {
    return perform(this.#verbs, "semaphore", request);
  }

  arrive(): void {}

  depart(who: Holder): void {
    const held = this.#held.get(who) ?? 0;
    this.#held.delete(who);
    if (this.#robust) for (let i = 0; i < held; i++) this.#giveOne();
  }

  discard(): void {}

  #acquire({ who, once, answer }: Request): Withdraw | undefined {
    if (this.#value > 0) this.#grant({ who, answer });
    else if (once) answer.decline();
    else return this.#waiting.add({ who, answer });
    return undefined;
  }

  #release({ who, answer }: Request): undefined {
    if (this.#value >= this.#most) {
      answer.fail(tooManyReleased());
      return;
    }
    // This process's own permit, else any other's.
    const holder = this.#held.has(who) ? who : this.#held.keys().next().value;
    if (holder !== undefined) this.#count(holder, -1);
    answer.reply();
    this.#giveOne();
  }

  #giveOne(): void {
    this.#value++;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#grant(next);
  }

  #grant({ who, answer }: Waiter): void {
    this.#value--;
    this.#count(who, 1);
    answer.reply("granted" satisfies Grant);
  }

  #count(who: Holder, change: 1 | -1): void {
    const held = (this.#held.get(who) ?? 0) + change;
    if (held > 0) this.#held.set(who, held);
    else this.#held.delete(who);
  }
}
