import { describe } from "./describe.ts";

/** How long a call may wait. */
export interface WaitOptions {
  /** Milliseconds; `undefined` waits for ever, 0 or less looks once. */
  readonly timeout?: number | undefined;
  /** An abort rejects with `signal.reason` and leaves nothing behind. */
  readonly signal?: AbortSignal | undefined;
}

/** {@link WaitOptions} of a call that may also refuse to wait at all. */
export interface BlockOptions extends WaitOptions {
  /** `false` looks once, whatever `timeout` says. Default `true`. */
  readonly block?: boolean | undefined;
}

/** Wait options that were checked. */
export interface Wait {
  /** Milliseconds; `Infinity` waits for ever, 0 looks once. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

export const FOREVER: Wait = { timeout: Number.POSITIVE_INFINITY, signal: undefined };
export const ONCE: Wait = { timeout: 0, signal: undefined };

/** A wait of so many milliseconds. */
export function upTo(timeout: number): Wait {
  return { timeout, signal: undefined };
}

/** Checks what a caller gave as its last argument. Throws `TypeError`, or the signal's reason if the signal is aborted already. */
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

/** Milliseconds from a caller's `timeout`: `undefined` is for ever, less than 0 is 0. Throws `TypeError` for NaN and for what is no number. */
export function checkTimeout(timeout: unknown, name = "timeout"): number {
  if (timeout === undefined) return Number.POSITIVE_INFINITY;
  if (typeof timeout !== "number" || Number.isNaN(timeout)) {
    throw new TypeError(`${name} must be a number of milliseconds, received ${describe(timeout)}.`);
  }
  return Math.max(0, timeout);
}
