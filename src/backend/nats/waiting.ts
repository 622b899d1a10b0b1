import { TimeoutError } from "../../errors/errors.ts";
import { now, startTimer, stopTimer } from "../../util/clock.ts";
import type { Wait } from "../../util/wait-options.ts";
import { isUnanswered, isUndecided } from "./errors.ts";

/** A call that may wait asks again so many milliseconds after no server has replied. */
const RETRY_MS = 250;

/** A call that waits, as the work that it does sees it. */
export class Waiting {
  /** Whether the call takes one look only. */
  readonly once: boolean;
  readonly #end: number;
  readonly #calls = new Set<() => void>();
  #isOver = false;
  #isWithdrawn = false;

  constructor({ timeout }: Wait) {
    this.once = timeout === 0;
    this.#end = now() + timeout;
  }

  /** The milliseconds until the time is over, or `Infinity`. */
  get left(): number {
    return Math.max(0, this.#end - now());
  }

  /** Whether the call has ended: its time is over, it was aborted, or the object was closed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether the call has ended because it was aborted, or the object was closed. */
  get isWithdrawn(): boolean {
    return this.#isWithdrawn;
  }

  end(): void {
    this.#isOver = true;
    for (const call of [...this.#calls]) call();
  }

  withdraw(): void {
    this.#isWithdrawn = true;
    this.end();
  }

  /** Calls `call` when the call ends, at once if it has ended. The returned function cancels that. */
  onEnd(call: () => void): () => void {
    if (this.#isOver) call();
    else this.#calls.add(call);
    return () => this.#calls.delete(call);
  }

  /** Waits for a turn. False if the call ended first, or if `end` was called. */
  async turnCame(turn: Promise<void>, subscribe: (end: () => void) => () => void): Promise<boolean> {
    const ended = Promise.withResolvers<false>();
    const end = (): void => ended.resolve(false);
    const forget = this.onEnd(end);
    const unsubscribe = subscribe(end);
    try {
      return await Promise.race([ended.promise, turn.then(() => true)]);
    } finally {
      unsubscribe();
      forget();
    }
  }

  /** Does work that changes nothing. While no server replies, it is done again until the call ends: a server may restart. */
  async patiently<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (this.once || this.#isOver || !isSilence(error)) throw error;
        await this.pause(RETRY_MS);
      }
    }
  }

  /** Waits for a promise, or until the call ends: then `undefined`, and nobody hears of what becomes of the promise. */
  async orOver<T>(promise: Promise<T>): Promise<T | undefined> {
    promise.catch(() => {});
    if (this.#isOver) return undefined;
    const over = Promise.withResolvers<undefined>();
    const forget = this.onEnd(() => over.resolve(undefined));
    try {
      return await Promise.race([promise, over.promise]);
    } finally {
      forget();
    }
  }

  /** Resolves after `ms` milliseconds, or when `wake` is called, or when the call ends. */
  async pause(ms: number, subscribe: (wake: () => void) => () => void = () => () => {}): Promise<void> {
    if (this.#isOver) return;
    const woken = Promise.withResolvers<void>();
    const unsubscribe = subscribe(woken.resolve);
    const forget = this.onEnd(woken.resolve);
    const timer = startTimer(woken.resolve, ms);
    await woken.promise;
    stopTimer(timer);
    forget();
    unsubscribe();
  }
}

function isSilence(error: unknown): boolean {
  if (error instanceof TimeoutError) return !("mayHaveHappened" in error);
  return isUnanswered(error) || isUndecided(error);
}

/** Resolves after `ms` milliseconds. It does not keep the event loop alive: calls that wait do that themselves. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void startTimer(resolve, ms));
}
