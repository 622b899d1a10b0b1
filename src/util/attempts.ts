import { holdEventLoop } from "./event-loop.ts";
import { type Wait, watchWait } from "./timing.ts";

/** One call that waits: `look` gives its answer, undefined while there is none, or throws. */
export interface Attempt<T> {
  readonly wait: Wait;
  readonly tooLate: () => Error;
  /** It does not wait behind others; default: where its timeout is 0. */
  readonly once?: boolean;
  look(): T | undefined;
  /** Whether it has begun and can't be given up any more. */
  readonly begun?: () => boolean;
  /** Of who may give it up: how, while it lasts. */
  readonly waits?: Set<(reason: unknown) => void>;
}

interface Pending {
  look(): boolean;
  giveUp(reason: unknown): void;
  fail(error: unknown): void;
  letGo(): void;
}

/** Calls of this thread that wait for the same thing, in their order. */
export class Attempts {
  readonly #arm: () => void;
  readonly #pending = new Set<Pending>();

  /** @param arm asks for a call of `retry` once a look may succeed */
  constructor(arm: () => void) {
    this.#arm = arm;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** Looks at once if nobody waits already, and waits otherwise. */
  async make<T>(attempt: Attempt<T>, holds = true): Promise<T> {
    const { once = attempt.wait.timeout === 0 } = attempt;
    if (once && this.#pending.size > 0) this.retry();
    if (this.#pending.size === 0) {
      const now = attempt.look();
      if (now !== undefined) return now;
    } else if (once) throw attempt.tooLate();
    if (attempt.wait.timeout === 0 && attempt.begun?.() !== true) throw attempt.tooLate();
    return this.#enqueue(attempt, holds);
  }

  /** Looks again for each, in order, until one finds nothing; or for `all`, where each waits for something of its own. */
  retry(all = false): void {
    for (const pending of this.#pending) {
      if (!pending.look() && !all) break;
    }
    if (this.#pending.size > 0) this.#armOrFail();
  }

  // Nobody would ever look again.
  #armOrFail(): void {
    try {
      this.#arm();
    } catch (error) {
      for (const pending of [...this.#pending]) pending.fail(error);
    }
  }

  giveUp(reason: () => Error): void {
    for (const pending of [...this.#pending]) pending.giveUp(reason());
  }

  /** The event loop need not wait for these. */
  letGo(): void {
    for (const pending of this.#pending) pending.letGo();
  }

  #enqueue<T>(attempt: Attempt<T>, holds: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const letGo = holds ? holdEventLoop() : (): void => {};
      const end = (): void => {
        this.#pending.delete(pending);
        attempt.waits?.delete(giveUp);
        unwatch();
        letGo();
      };
      const fail = (error: unknown): void => {
        end();
        reject(error);
      };
      const giveUp = (reason: unknown): void => {
        if (attempt.begun?.() !== true) fail(reason);
      };
      const pending: Pending = {
        letGo,
        giveUp,
        fail,
        look: () => {
          try {
            const answer = attempt.look();
            if (answer === undefined) return false;
            end();
            resolve(answer);
          } catch (error) {
            fail(error);
          }
          return true;
        },
      };
      const unwatch = watchWait(attempt.wait, attempt.tooLate, giveUp);
      attempt.waits?.add(giveUp);
      this.#pending.add(pending);
      if (this.#pending.size === 1) this.#armOrFail();
    });
  }
}

/** Blocking calls come back to JavaScript this often: milliseconds. */
const SLICE = 100;

/** Blocks this thread until `look`, which may wait so many milliseconds, has an answer. */
export function blocking<T>(wait: Wait, look: (ms: number) => T | undefined, tooLate: () => Error, begun?: () => boolean): T {
  const until = wait.timeout === Number.POSITIVE_INFINITY ? wait.timeout : performance.now() + wait.timeout;
  for (let left = wait.timeout; ; left = until - performance.now()) {
    const isBegun = begun?.() === true;
    const answer = look(isBegun ? SLICE : Math.ceil(Math.min(SLICE, Math.max(0, left))));
    if (answer !== undefined) return answer;
    if (isBegun || begun?.() === true) continue;
    if (left <= 0) throw tooLate();
    wait.signal?.throwIfAborted();
  }
}
