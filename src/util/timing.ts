import { clearTimeout, setTimeout } from "node:timers";
import { holdEventLoop } from "./event-loop.ts";

/** How long a call may wait. */
export interface WaitOptions {
  /** Milliseconds; `undefined` waits for ever, 0 or less looks once. */
  readonly timeout?: number | undefined;
  /** An abort rejects with `signal.reason` and leaves nothing behind. */
  readonly signal?: AbortSignal | undefined;
}

/** A {@link WaitOptions} whose caller may also refuse to wait at all. */
export interface BlockOptions extends WaitOptions {
  /** `false` looks once, whatever `timeout` says. Default `true`. */
  readonly block?: boolean | undefined;
}

/** A checked wait. */
export interface Wait {
  /** Milliseconds, `Infinity` for ever, 0 to look once. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

export const FOREVER: Wait = { timeout: Number.POSITIVE_INFINITY, signal: undefined };
export const ONCE: Wait = { timeout: 0, signal: undefined };

/** Checks what a caller gave as its last argument; throws `TypeError`, or the signal's reason if it is aborted already. */
export function checkWait(options: BlockOptions | undefined): Wait {
  if (options === undefined || options === null) return FOREVER;
  if (typeof options !== "object")
    throw new TypeError(`The wait must be { timeout?, signal? }, received ${describe(options)}: timeouts are named.`);
  const { timeout, signal, block } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new TypeError(`signal must be an AbortSignal, received ${describe(signal)}.`);
  if (block !== undefined && typeof block !== "boolean") throw new TypeError(`block must be a boolean, received ${describe(block)}.`);
  const ms = checkTimeout(timeout);
  signal?.throwIfAborted();
  return { timeout: block === false ? 0 : ms, signal };
}

/** Milliseconds from a caller's `timeout`: `undefined` is for ever, less than 0 is 0. Throws `TypeError` for NaN or what is no number. */
export function checkTimeout(timeout: unknown, name = "timeout"): number {
  if (timeout === undefined) return Number.POSITIVE_INFINITY;
  if (typeof timeout !== "number" || Number.isNaN(timeout)) {
    throw new TypeError(`${name} must be a number of milliseconds, received ${describe(timeout)}.`);
  }
  return Math.max(0, timeout);
}

/** A short text for an error message. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "function") return `function ${value.name || "(anonymous)"}`;
  if (typeof value === "object" && value !== null)
    return value.constructor?.name === undefined ? "an object" : `an instance of ${value.constructor.name}`;
  return String(value);
}

// A longer delay would fire at once.
const LONGEST_DELAY = 2 ** 31 - 1;

/** Calls `late` after `ms`, however long that is, without holding the event loop; the returned function stops it. */
export function after(ms: number, late: () => void): () => void {
  if (ms === Number.POSITIVE_INFINITY) return () => {};
  const end = performance.now() + ms;
  let timer: NodeJS.Timeout;
  const next = (): void => {
    const left = end - performance.now();
    timer = left > LONGEST_DELAY ? setTimeout(next, LONGEST_DELAY) : setTimeout(late, Math.max(0, left));
    timer.unref();
  };
  next();
  return () => clearTimeout(timer);
}

/**
 * Watches a wait's timeout and signal: calls `giveUp` at most once with the error to reject with, and never before it has returned.
 * The returned function ends the watch.
 */
export function watchWait(wait: Wait, tooLate: () => Error, giveUp: (reason: unknown) => void): () => void {
  const { signal } = wait;
  if (signal === undefined && wait.timeout === Number.POSITIVE_INFINITY) return () => {};
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    stopTimer();
    signal?.removeEventListener("abort", aborted);
  };
  const aborted = (): void => {
    if (stopped) return;
    stop();
    giveUp(signal?.reason);
  };
  const stopTimer = after(wait.timeout, () => {
    stop();
    giveUp(tooLate());
  });
  signal?.addEventListener("abort", aborted, { once: true });
  // One that was aborted while the call came here says so no more.
  if (signal?.aborted === true) queueMicrotask(aborted);
  return stop;
}

// Those who wait for each promise. A promise keeps a reaction until it settles: all of them share one, and leave nothing when they give up.
const waiting = new WeakMap<Promise<unknown>, Set<() => void>>();

function onceSettled(promise: Promise<unknown>, tell: () => void): () => void {
  const known = waiting.get(promise);
  const waits = known ?? new Set();
  waits.add(tell);
  if (known === undefined) {
    waiting.set(promise, waits);
    const tellAll = (): void => {
      waiting.delete(promise);
      for (const each of waits) each();
    };
    promise.then(tellAll, tellAll);
  }
  return () => waits.delete(tell);
}

/** Waits for a promise of this process within a wait's limits; the event loop waits too. */
export function within<T>(promise: Promise<T>, wait: Wait, tooLate: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const letGo = holdEventLoop();
    const unwatch = watchWait(wait, tooLate, (reason) => {
      forget();
      letGo();
      reject(reason);
    });
    const forget = onceSettled(promise, () => {
      unwatch();
      letGo();
      resolve(promise);
    });
  });
}

/** A wait that has an answer of its own for "too late". */
export async function orLate<T, L>(late: L, make: (tooLate: () => Error) => Promise<T>): Promise<T | L> {
  const error = new Error();
  try {
    return await make(() => error);
  } catch (thrown) {
    if (thrown === error) return late;
    throw thrown;
  }
}

/** As {@link orLate}, blocking. */
export function orLateSync<T, L>(late: L, make: (tooLate: () => Error) => T): T | L {
  const error = new Error();
  try {
    return make(() => error);
  } catch (thrown) {
    if (thrown === error) return late;
    throw thrown;
  }
}

/** As {@link within}, for waits that have an answer of their own: false when the time ran out. */
export function endsWithin(promise: Promise<unknown>, wait: Wait): Promise<boolean> {
  return orLate(false, (tooLate) => within(promise, wait, tooLate).then(() => true));
}
