import { SLICE } from "../util/blocking.ts";
import { now } from "../util/clock.ts";
import { after, afterIdle } from "../util/deadline.ts";

/** A thread that blocks looks at its limits each slice. Of a longer time between two looks, only so many milliseconds were a wait. */
const LONGEST_MS = 2 * SLICE;

interface Limit {
  left: number;
  /** When it was looked at last. */
  seen: number;
  /** The milliseconds between two looks that count at most. */
  readonly most: number;
  end(): void;
}

/** Limits of time that hold also while this thread blocks: then no timer fires, but whoever blocks looks at them. */
export class Limits {
  readonly #all = new Set<Limit>();

  /** Calls `late` once, after `ms` milliseconds. The returned function cancels that. */
  add(ms: number, late: () => void): () => void {
    return this.#add(ms, after, late, Number.POSITIVE_INFINITY);
  }

  /** The same for a limit for which the time does not count in which this process is busy. */
  addIdle(ms: number, late: () => void): () => void {
    return this.#add(ms, afterIdle, late, LONGEST_MS);
  }

  /** Ends the limits whose time is over. */
  look(): void {
    for (const limit of this.#all) {
      limit.left -= Math.min(now() - limit.seen, limit.most);
      limit.seen = now();
      if (limit.left <= 0) limit.end();
    }
  }

  #add(ms: number, start: typeof after, late: () => void, most: number): () => void {
    const end = (): void => {
      if (cancel()) late();
    };
    const stop = start(ms, end);
    const limit: Limit = { left: ms, seen: now(), most, end };
    this.#all.add(limit);
    const cancel = (): boolean => {
      stop();
      return this.#all.delete(limit);
    };
    return () => void cancel();
  }
}
