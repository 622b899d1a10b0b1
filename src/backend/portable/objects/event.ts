import { List } from "../../../util/linked-list.ts";
import type { Answer, Hosted, Request, Withdraw } from "../hub/request.ts";
import { perform, type Verbs } from "./operations.ts";

/** An event as its hub keeps it. */
export class EventState implements Hosted {
  readonly #waiting = new List<Answer>();
  #flag = false;

  readonly #verbs: Verbs = {
    set: ({ answer }) => {
      this.#flag = true;
      for (const waiting of this.#waiting.drain()) waiting.reply(true);
      answer.reply();
      return undefined;
    },
    clear: ({ answer }) => {
      this.#flag = false;
      answer.reply();
      return undefined;
    },
    isSet: ({ answer }) => void answer.reply(this.#flag),
    wait: ({ once, answer }) => {
      if (!this.#flag && !once) return this.#waiting.add(answer);
      if (this.#flag) answer.reply(true);
      else answer.decline();
      return undefined;
    },
  };

  handle(request: Request): Withdraw | undefined {
    return perform(this.#verbs, "event", request);
  }

  arrive(): void {}
  depart(): void {}
  discard(): void {}
}
