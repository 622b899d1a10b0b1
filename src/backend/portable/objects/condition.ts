import { CorruptedError } from "../../../errors/errors.ts";
import type { Described, HubObject, ParticipantId, Request, Responder, Withdraw } from "../hub/request.ts";
import { type Operations, perform, wholeNumber } from "./operations.ts";

interface Waiter {
  readonly participant: ParticipantId;
  isNotified: boolean;
  responder: Responder | undefined;
}

/** The state of a condition, in its hub: its waiters, in the order in which they came. */
export class ConditionState implements HubObject {
  readonly #waiters = new Map<number, Waiter>();
  #nextNumber = 0;

  readonly #operations: Operations = {
    enter: ({ participant, responder }) => {
      const number = this.#nextNumber++;
      this.#waiters.set(number, { participant, isNotified: false, responder: undefined });
      responder.reply(number);
      return undefined;
    },
    notified: (request, number) => this.#wait(request, this.#waiterOf(request, number)),
    leave: (request, number) => {
      const { isNotified } = this.#waiterOf(request, number);
      this.#waiters.delete(number as number);
      request.responder.reply(isNotified);
      return undefined;
    },
    notify: ({ responder }, count) => {
      this.#notify(wholeNumber(count));
      responder.reply();
      return undefined;
    },
  };

  handle(request: Request): Withdraw | undefined {
    return perform(this.#operations, "condition", request);
  }

  describe(): Described {
    const waiting = [...this.#waiters.values()].filter(({ isNotified }) => !isNotified).length;
    return { kind: "condition", numbers: { waiting } };
  }

  detached(participant: ParticipantId): void {
    let unused = 0;
    for (const [number, waiter] of this.#waiters) {
      if (waiter.participant !== participant) continue;
      this.#waiters.delete(number);
      if (waiter.isNotified) unused++;
    }
    // The notifications that the process did not use go to other waiters.
    this.#notify(unused);
  }

  #waiterOf({ participant }: Request, number: unknown): Waiter {
    const waiter = this.#waiters.get(wholeNumber(number));
    if (waiter?.participant !== participant) throw new CorruptedError("A request names a waiter of another process.");
    return waiter;
  }

  #wait({ once, responder }: Request, waiter: Waiter): Withdraw | undefined {
    if (waiter.isNotified) responder.reply(true);
    else if (once) responder.decline();
    else {
      waiter.responder = responder;
      return () => {
        const waited = waiter.responder === responder;
        waiter.responder = undefined;
        return waited;
      };
    }
    return undefined;
  }

  #notify(count: number): void {
    let left = count;
    for (const waiter of this.#waiters.values()) {
      if (left === 0) return;
      if (waiter.isNotified) continue;
      left--;
      waiter.isNotified = true;
      waiter.responder?.reply(true);
      waiter.responder = undefined;
    }
  }
}
