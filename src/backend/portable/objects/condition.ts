import { CorruptedError } from "../../../errors/errors.ts";
import type { Answer, Holder, Hosted, Request, Withdraw } from "../hub/request.ts";
import { perform, type Verbs, wholeNumber } from "./operations.ts";

interface Place {
  readonly who: Holder;
  notified: boolean;
  answer: Answer | undefined;
}

/** A condition as its hub keeps it: a place for each that waits, in the order in which they came. */
export class ConditionState implements Hosted {
  readonly #places = new Map<number, Place>();
  #next = 0;

  readonly #verbs: Verbs = {
    enter: ({ who, answer }) => {
      const place = this.#next++;
      this.#places.set(place, { who, notified: false, answer: undefined });
      answer.reply(place);
      return undefined;
    },
    notified: (request, place) => this.#notified(request, this.#placeOf(request, place)),
    leave: (request, place) => {
      const { notified } = this.#placeOf(request, place);
      this.#places.delete(place as number);
      request.answer.reply(notified);
      return undefined;
    },
    notify: ({ answer }, count) => {
      this.#notify(wholeNumber(count));
      answer.reply();
      return undefined;
    },
  };

  handle(request: Request): Withdraw | undefined {
    return perform(this.#verbs, "condition", request);
  }

  arrive(): void {}

  depart(who: Holder): void {
    let unused = 0;
    for (const [number, place] of this.#places) {
      if (place.who !== who) continue;
      this.#places.delete(number);
      if (place.notified) unused++;
    }
    // What the dead did not use goes to others.
    this.#notify(unused);
  }

  discard(): void {}

  #placeOf({ who }: Request, number: unknown): Place {
    const place = this.#places.get(wholeNumber(number));
    if (place?.who !== who) throw new CorruptedError("A request names a place that is not its sender's.");
    return place;
  }

  #notified({ once, answer }: Request, place: Place): Withdraw | undefined {
    if (place.notified) answer.reply(true);
    else if (once) answer.decline();
    else {
      place.answer = answer;
      return () => {
        const waited = place.answer === answer;
        place.answer = undefined;
        return waited;
      };
    }
    return undefined;
  }

  #notify(count: number): void {
    let left = count;
    for (const place of this.#places.values()) {
      if (left === 0) return;
      if (place.notified) continue;
      left--;
      place.notified = true;
      place.answer?.reply(true);
      place.answer = undefined;
    }
  }
}
