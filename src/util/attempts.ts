import { watchWait } from "./deadline.ts";
import { type Hold, holdEventLoop } from "./event-loop.ts";
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
  readonly #inTurn: boolean;
  readonly #withdrawn: () => void;
  readonly #pending = new Set<Pending>();

  /**
   * @param arm asks for a call of `retry` once a look may succeed
   * @param inTurn whether no call looks before the first one has its result. Otherwise all look at each event
   * @param withdrawn called when the last waiting call has ended without an event. What is armed stays armed
   */
  constructor(arm: () => void, inTurn = true, withdrawn: () => void = nothing) {
    this.#arm = arm;
    this.#withdrawn = withdrawn;
    this.#inTurn = inTurn;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** Looks at once if no other call waits, and otherwise waits its turn. Resolves to `undefined` if the time ran out. */
  async make<T>(attempt: Attempt<T>, hold: Hold | "never" = "always"): Promise<T | undefined> {
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
    return this.#enqueue(attempt, hold);
  }

  /** Looks again for the calls, and waits for the next event if some have no result. */
  retry(): void {
    const looks = this.#pending.size;
    this.#serve();
    if (this.#pending.size > 0) this.#armOrFail();
    // A change between two of these looks was missed by the earlier one, and what is armed reports only changes after the last one.
    if (looks > 1 && !this.#inTurn) this.#serve();
  }

  /** Rejects all waiting calls. */
  withdraw(reason: () => Error): void {
    for (const pending of [...this.#pending]) pending.withdraw(reason());
  }

  /** Lets this process end although calls wait. The target of this process may still wait for them. */
  letGo(): void {
    for (const pending of this.#pending) pending.letGo();
  }

  #serve(): void {
    for (const pending of this.#pending) {
      if (!pending.look() && this.#inTurn) break;
    }
  }

  // If arming fails, `retry` would never be called. So the calls fail instead of waiting for ever.
  #armOrFail(): void {
    try {
      this.#arm();
    } catch (error) {
      for (const pending of [...this.#pending]) pending.fail(error);
    }
  }

  #enqueue<T>(attempt: Attempt<T>, hold: Hold | "never"): Promise<T | undefined> {
    return new Promise<T | undefined>((resolve, reject) => {
      let free = hold === "never" ? nothing : holdEventLoop(hold);
      const end = (): void => {
        this.#pending.delete(pending);
        attempt.withdrawals?.delete(withdraw);
        unwatch();
        free();
      };
      const endEarly = (): void => {
        end();
        if (this.#pending.size === 0) this.#withdrawn();
      };
      const fail = (error: unknown): void => {
        endEarly();
        reject(error);
      };
      const withdraw = (reason: unknown): void => {
        if (attempt.begun?.() !== true) fail(reason);
      };
      const late = (): void => {
        // A result may have come that no event has reported yet.
        this.#serve();
        if (!this.#pending.has(pending) || attempt.begun?.() === true) return;
        endEarly();
        resolve(undefined);
      };
      const pending: Pending = {
        letGo: () => {
          free();
          free = holdEventLoop("whileWorking");
        },
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
