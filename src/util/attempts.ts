import { watchWait } from "./deadline.ts";
import { holdEventLoop } from "./event-loop.ts";
import { isOrphan, untilTheEnd } from "./orphan.ts";
import type { Wait } from "./wait-options.ts";

/** Withdraws a waiting call, which then rejects with the reason. */
export type Withdrawal = (reason: unknown) => void;

/** One call that waits for a result. */
export interface Attempt<T> {
  readonly wait: Wait;
  /** Whether the call looks only once and does not queue behind other calls. Default: whether the timeout is 0. */
  readonly once?: boolean;
  /** Looks for the result. `undefined` while there is none. An error that it throws ends the call. */
  look(): T | undefined;
  /** Whether the call has begun its work, so that it must be completed. */
  readonly begun?: () => boolean;
  /** Callbacks that withdraw a waiting call. A callback exists only while its call waits. */
  readonly withdrawals?: Set<Withdrawal>;
}

interface Pending {
  look(): boolean;
  withdraw: Withdrawal;
  fail(error: unknown): void;
  letGo(): void;
}

const nothing = (): void => {};

/** The calls of this thread that wait for the same event, in their order. */
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

  /** Looks at once if no other call waits, and otherwise waits its turn. Resolves to `undefined` if the time ran out. */
  async make<T>(attempt: Attempt<T>, holdsLoop = true): Promise<T | undefined> {
    const { once = attempt.wait.timeout === 0 } = attempt;
    if (once && this.#pending.size > 0) this.retry();
    if (this.#pending.size === 0) {
      try {
        const now = attempt.look();
        if (now !== undefined) return now;
      } catch (error) {
        if (isOrphan()) return untilTheEnd();
        throw error;
      }
    } else if (once) return undefined;
    if (attempt.wait.timeout === 0 && attempt.begun?.() !== true) return undefined;
    return this.#enqueue(attempt, holdsLoop);
  }

  /** Looks again for each call in order, and stops at the first look without a result. With `all`, it looks for every call. */
  retry(all = false): void {
    let looks = 0;
    for (const pending of this.#pending) {
      looks++;
      if (!pending.look() && !all) break;
    }
    if (this.#pending.size > 0) this.#armOrFail();
    // A change between two of these looks was missed by the earlier one, and what is armed reports only changes after the last one.
    if (looks > 1 && all) for (const pending of this.#pending) pending.look();
  }

  /** Rejects all waiting calls. */
  withdraw(reason: () => Error): void {
    for (const pending of [...this.#pending]) pending.withdraw(reason());
  }

  /** Lets the event loop end although calls wait. */
  letGo(): void {
    for (const pending of this.#pending) pending.letGo();
  }

  // If arming fails, `retry` would never be called. So the calls fail instead of waiting for ever.
  #armOrFail(): void {
    try {
      this.#arm();
    } catch (error) {
      for (const pending of [...this.#pending]) pending.fail(error);
    }
  }

  #enqueue<T>(attempt: Attempt<T>, holdsLoop: boolean): Promise<T | undefined> {
    return new Promise<T | undefined>((resolve, reject) => {
      const letGo = holdsLoop ? holdEventLoop() : nothing;
      const end = (): void => {
        this.#pending.delete(pending);
        attempt.withdrawals?.delete(withdraw);
        unwatch();
        letGo();
      };
      const fail = (error: unknown): void => {
        end();
        reject(error);
      };
      const withdraw = (reason: unknown): void => {
        if (attempt.begun?.() !== true) fail(reason);
      };
      const late = (): void => {
        if (attempt.begun?.() === true) return;
        end();
        resolve(undefined);
      };
      const pending: Pending = {
        letGo,
        withdraw,
        fail,
        look: () => {
          try {
            const answer = attempt.look();
            if (answer === undefined) return false;
            end();
            resolve(answer);
          } catch (error) {
            if (isOrphan()) this.#pending.delete(pending);
            else fail(error);
          }
          return true;
        },
      };
      const unwatch = watchWait(attempt.wait, late, withdraw);
      attempt.withdrawals?.add(withdraw);
      this.#pending.add(pending);
      if (this.#pending.size === 1) this.#armOrFail();
    });
  }
}
