import { startTimer, type Timer } from "../util/clock.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Work } from "./work.ts";

/** An idle worker gets tasks of another one after so many milliseconds, or at once if those will probably take longer. */
const IDLE_MS = 2;
/** Tasks move to other workers if the one before them has not ended for so many milliseconds, or for up to twice as long. */
const STUCK_MS = 50;

/** Moves tasks that were handed to a worker ahead, and would wait there while others could run them. */
export class Balance<W extends Work> {
  readonly #dispatcher: Dispatcher<W>;
  readonly #pass: () => void;
  #idle: Timer | undefined;
  #stuck: Timer | undefined;

  /** @param pass called when tasks have moved */
  constructor(dispatcher: Dispatcher<W>, pass: () => void) {
    this.#dispatcher = dispatcher;
    this.#pass = pass;
  }

  /** Called after work was handed out. */
  watch(): void {
    const dispatcher = this.#dispatcher;
    if (dispatcher.waitsLonger(IDLE_MS)) {
      dispatcher.rebalance();
      this.#pass();
    } else if (dispatcher.isUnbalanced)
      this.#idle ??= startTimer(() => {
        this.#idle = undefined;
        dispatcher.rebalance();
        this.#pass();
      }, IDLE_MS);
    if (dispatcher.hasAhead)
      this.#stuck ??= startTimer(() => {
        this.#stuck = undefined;
        dispatcher.relieve();
        this.#pass();
      }, STUCK_MS);
  }
}
