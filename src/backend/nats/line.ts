import { LinkedList } from "../../util/linked-list.ts";
import type { Waiting } from "./waiting.ts";

/** The calls of this process that want the same thing. One at a time tries to get it, in the order in which they came. */
export class Line {
  readonly #waiting = new LinkedList<() => void>();
  #isTaken = false;

  /** The number of calls that wait for their turn. */
  get length(): number {
    return this.#waiting.size;
  }

  /** Whether a call has the turn. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** Waits for the turn, and returns the function that ends it. `undefined` if the call ends before, or does not wait. */
  async enter(waiting?: Waiting): Promise<(() => void) | undefined> {
    if (this.#isTaken && !(await this.#turn(waiting))) return undefined;
    this.#isTaken = true;
    return () => this.#leave();
  }

  /** Does work when its turn comes. */
  async do<T>(work: () => Promise<T>): Promise<T> {
    const leave = await this.enter();
    try {
      return await work();
    } finally {
      leave?.();
    }
  }

  #turn(waiting: Waiting | undefined): Promise<boolean> {
    if (waiting !== undefined && (waiting.once || waiting.isOver)) return Promise.resolve(false);
    return new Promise<boolean>((resolve) => {
      const remove = this.#waiting.add(() => {
        forget?.();
        resolve(true);
      });
      const forget = waiting?.onEnd(() => {
        if (remove()) resolve(false);
      });
    });
  }

  // The next one has the turn at once, so that nobody comes in between.
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#isTaken = false;
    else next();
  }
}
