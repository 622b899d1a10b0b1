import { SLICE } from "../util/blocking.ts";
import { now } from "../util/clock.ts";

/** A thread that blocks looks at its limits each slice. A longer time between two looks was no wait. */
const LONGEST_MS = 2 * SLICE;

interface Limit {
  left: number;
  end(): void;
}

/** Limits of time that hold also while this thread blocks: then no timer fires, but whoever blocks looks at them. */
export class Limits {
  readonly #all = new Set<Limit>();
  #looked = 0;

  /**
   * Calls `late` once when the time is over. The returned function cancels that.
   *
   * @param start sets the timer for a thread that does not block, and returns what cancels it
   */
  add(ms: number, start: (ms: number, late: () => void) => () => void, late: () => void): () => void {
    const end = (): void => {
      if (cancel()) late();
    };
    const stop = start(ms, end);
    const limit: Limit = { left: ms, end };
    if (this.#all.size === 0) this.#looked = now();
    this.#all.add(limit);
    const cancel = (): boolean => {
      stop();
      return this.#all.delete(limit);
    };
    return () => void cancel();
  }

  /** Ends the limits whose time is over. The time between two looks counts, but not the time in which nobody looked. */
  look(): void {
    const passed = Math.min(now() - this.#looked, LONGEST_MS);
    this.#looked = now();
    for (const limit of this.#all) {
      limit.left -= passed;
      if (limit.left <= 0) limit.end();
    }
  }
}
