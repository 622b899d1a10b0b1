import { brokenBarrier } from "../../../errors/messages.ts";
import { LinkedList } from "../../../util/linked-list.ts";
import type { Arrival, BarrierState as Snapshot } from "../../contract/barrier.ts";
import type { Described, HubObject, ParticipantId, Request, Responder, Withdraw } from "../hub/request.ts";
import { type Operations, perform, wholeNumber } from "./operations.ts";

// The number of phases for which the barrier remembers that a reset ended them. A party that asks even later is told that its phase passed.
const REMEMBERED_PHASES = 64;

/** The state of a barrier, in its hub. */
export class BarrierState implements HubObject {
  readonly #parties: number;
  // The parties that wait for the end of the phase.
  readonly #waiting = new LinkedList<Responder>();
  // Arrivals for the next phase. They came while the last party of this phase still ran its action.
  readonly #early = new LinkedList<Request>();
  #arrived: ParticipantId[] = [];
  #phase = 0;
  #isBroken = false;
  readonly #resetPhases = new Set<number>();

  constructor(parties: number) {
    this.#parties = parties;
  }

  readonly #operations: Operations = {
    arrive: (request) => this.#arrive(request),
    passed: (request, phase) => this.#passed(request, wholeNumber(phase)),
    end: (request, argument) => this.#end(request, argument),
    state: ({ responder }) =>
      void responder.reply({
        parties: this.#parties,
        waiting: this.#isBroken ? 0 : this.#arrived.length,
        broken: this.#isBroken,
      } satisfies Snapshot),
  };

  handle(request: Request): Withdraw | undefined {
    return perform(this.#operations, "barrier", request);
  }

  describe(): Described {
    const waiting = this.#isBroken ? 0 : this.#arrived.length;
    return { kind: "barrier", numbers: { parties: this.#parties, waiting, isBroken: Number(this.#isBroken) } };
  }

  /**
   * A process that detaches normally breaks the barrier only if it had arrived. A process that died always does: the others may wait for
   * it.
   */
  detached(participant: ParticipantId, died: boolean): void {
    if (died || this.#arrived.includes(participant)) this.#break();
  }

  #arrive(request: Request): Withdraw | undefined {
    const { participant, once, responder } = request;
    if (this.#isBroken) responder.fail(brokenBarrier());
    else if (this.#arrived.length < this.#parties) {
      const index = this.#arrived.push(participant) - 1;
      responder.reply({ index, phase: this.#phase, last: index + 1 === this.#parties } satisfies Arrival);
    } else if (once) responder.decline();
    else return this.#early.add(request);
    return undefined;
  }

  #passed({ once, responder }: Request, phase: number): Withdraw | undefined {
    if (this.#resetPhases.has(phase) || (phase === this.#phase && this.#isBroken)) responder.fail(brokenBarrier());
    else if (phase !== this.#phase) responder.reply(true);
    else if (once) responder.decline();
    else return this.#waiting.add(responder);
    return undefined;
  }

  #end({ responder }: Request, argument: unknown): undefined {
    const [how, phase] = Array.isArray(argument) ? (argument as unknown[]) : [argument];
    if (phase !== undefined && wholeNumber(phase) !== this.#phase) {
      if (this.#resetPhases.has(phase as number)) responder.fail(brokenBarrier());
      else responder.reply(false);
      return;
    }
    const canPass = this.#arrived.length === this.#parties && !this.#isBroken;
    if (how === "break") this.#break();
    else if (how === "reset") this.#reset();
    else if (how === "pass" && canPass) {
      for (const waiting of this.#waiting.drain()) waiting.reply(true);
      this.#beginPhase();
    } else {
      responder.fail(brokenBarrier());
      return;
    }
    responder.reply(true);
  }

  #reset(): void {
    for (const old of this.#resetPhases) if (old < this.#phase - REMEMBERED_PHASES) this.#resetPhases.delete(old);
    this.#resetPhases.add(this.#phase);
    this.#break();
    this.#isBroken = false;
    this.#beginPhase();
  }

  #beginPhase(): void {
    this.#phase++;
    this.#arrived = [];
    // Those for whom there is no place in this phase either stay where they are, so that they can still be withdrawn.
    while (this.#early.size > 0 && this.#arrived.length < this.#parties) {
      const request = this.#early.shift();
      if (request !== undefined) this.#arrive(request);
    }
  }

  #break(): void {
    this.#isBroken = true;
    for (const waiting of this.#waiting.drain()) waiting.fail(brokenBarrier());
    for (const { responder } of this.#early.drain()) responder.fail(brokenBarrier());
  }
}
