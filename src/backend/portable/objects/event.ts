import { LinkedList } from "../../../util/linked-list.ts";
import type { Described, HubObject, Request, Responder, Withdraw } from "../hub/request.ts";
import { type Operations, perform } from "./operations.ts";

/** The state of an event, in its hub. */
export class EventState implements HubObject {
  readonly #waiting = new LinkedList<Responder>();
  #isSet = false;

  readonly #operations: Operations = {
    set: ({ responder }) => {
      this.#isSet = true;
      for (const waiting of this.#waiting.drain()) waiting.reply(true);
      responder.reply();
      return undefined;
    },
    clear: ({ responder }) => {
      this.#isSet = false;
      responder.reply();
      return undefined;
    },
    isSet: ({ responder }) => void responder.reply(this.#isSet),
    wait: ({ once, responder }) => {
      if (!this.#isSet && !once) return this.#waiting.add(responder);
      if (this.#isSet) responder.reply(true);
      else responder.decline();
      return undefined;
    },
  };

  handle(request: Request): Withdraw | undefined {
    return perform(this.#operations, "event", request);
  }

  describe(): Described {
    return { kind: "event", numbers: { isSet: Number(this.#isSet) } };
  }
}
