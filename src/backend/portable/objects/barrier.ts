import { brokenBarrier } from "../../../errors/messages.ts";
import { List } from "../../../util/linked-list.ts";
import type { Arrival } from "../../contract/backend.ts";
import type { Answer, Holder, Hosted, Request, Withdraw } from "../hub/request.ts";
import { perform, type Verbs, wholeNumber } from "./operations.ts";

/** How many phases are remembered for those who have yet to ask how theirs ended. */
const HISTORY = 64;

/** A barrier as its hub keeps it. */
export class BarrierState implements Hosted {
  readonly #parties: number;
  /** Those who wait for the end of the phase. */
  readonly #waiting = new List<Answer>();
  /** Those who came while the last one of a phase was still at its action. */
  readonly #early = new List<Request>();
  #arrived: Holder[] = [];
  #phase = 0;
  #broken = false;
  /** Phases that ended by a reset. */
  readonly #reset = new Set<number>();

  constructor(parties: number) {
    this.#parties = parties;
  }

  readonly #verbs: Verbs = {
    arrive: (request) => this.#arrive(request),
    passed: (request, phase) => this.#passed(request, wholeNumber(phase)),
    end: (request, argument) => this.#end(request, argument),
    state: ({ answer }) =>
      void answer.reply({ parties: this.#parties, waiting: this.#broken ? 0 : this.#arrived.length, broken: this.#broken }),
  };

  handle(request: Request): Withdraw | undefined {
    return perform(this.#verbs, "barrier", request);
  }

  arrive(): void {}

  /** Who leaves in order is no longer waited for unless it had arrived; who dies may be one that the others wait for. */
  depart(who: Holder, died: boolean): void {
    if (died || this.#arrived.includes(who)) this.#break();
  }

  discard(): void {}

  #arrive(request: Request): Withdraw | undefined {
    const { who, once, answer } = request;
    if (this.#broken) answer.fail(brokenBarrier());
    else if (this.#arrived.length < this.#parties) {
      const index = this.#arrived.push(who) - 1;
      answer.reply({ index, phase: this.#phase, last: index + 1 === this.#parties } satisfies Arrival);
    } else if (once) answer.decline();
    else return this.#early.add(request);
    return undefined;
  }

  #passed({ once, answer }: Request, phase: number): Withdraw | undefined {
    if (this.#reset.has(phase) || (phase === this.#phase && this.#broken)) answer.fail(brokenBarrier());
    else if (phase !== this.#phase) answer.reply(true);
    else if (once) answer.decline();
    else return this.#waiting.add(answer);
    return undefined;
  }

  #end({ answer }: Request, argument: unknown): undefined {
    const [how, phase] = Array.isArray(argument) ? (argument as unknown[]) : [argument];
    if (phase !== undefined && wholeNumber(phase) !== this.#phase) {
      if (this.#reset.has(phase as number)) answer.fail(brokenBarrier());
      else answer.reply(false);
      return;
    }
    const acting = this.#arrived.length === this.#parties && !this.#broken;
    if (how === "break") this.#break();
    else if (how === "reset") {
      for (const old of this.#reset) if (old < this.#phase - HISTORY) this.#reset.delete(old);
      this.#reset.add(this.#phase);
      this.#break();
      this.#broken = false;
      this.#begin();
    } else if (how !== "pass" || !acting) {
      answer.fail(brokenBarrier());
      return;
    } else {
      for (const waiting of this.#waiting.drain()) waiting.reply(true);
      this.#begin();
    }
    answer.reply(true);
  }

  #begin(): void {
    this.#phase++;
    this.#arrived = [];
    for (const request of [...this.#early.drain()]) this.#arrive({ ...request, once: false });
  }

  #break(): void {
    this.#broken = true;
    for (const waiting of this.#waiting.drain()) waiting.fail(brokenBarrier());
    for (const { answer } of this.#early.drain()) answer.fail(brokenBarrier());
  }
}
