import { now } from "./clock.ts";
import { describe } from "./describe.ts";
import { optionNames, refuseUnknown } from "./known-options.ts";

/** Options that limit how long a call waits. */
export interface WaitOptions {
  /** The time limit in milliseconds. 0 or less means that the call does not wait. Default: wait for ever. */
  readonly timeout?: number | undefined;
  /** A signal that ends the wait: the call rejects with `signal.reason`, as if it had never been made. Default: none. */
  readonly signal?: AbortSignal | undefined;
}

/** {@link WaitOptions} of a call that has Python's `block` as well. */
export interface BlockOptions extends WaitOptions {
  /** Whether the call may wait. With `false` it does not wait, whatever `timeout` is. Default `true`. */
  readonly block?: boolean | undefined;
}

/** The options of every wait. */
export const WAIT_OPTIONS: readonly string[] = optionNames<BlockOptions>({ timeout: true, signal: true, block: true });

/** Wait options that were checked. */
export interface Wait {
  /** The time limit in milliseconds. `Infinity` means no limit, and 0 means that the call does not wait. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

export const FOREVER: Wait = { timeout: Number.POSITIVE_INFINITY, signal: undefined };
export const ONCE: Wait = { timeout: 0, signal: undefined };

/** Returns a wait that lasts at most `timeout` milliseconds. */
export function upTo(timeout: number): Wait {
  return { timeout, signal: undefined };
}

/** Returns a function that returns the part of a wait that is left. For calls that wait in several steps. */
export function timeLeft({ timeout, signal }: Wait): () => Wait {
  const end = now() + timeout;
  return () => ({ timeout: Math.max(0, end - now()), signal });
}

/**
 * Checks the wait options of a call. Throws `TypeError`, or the signal's reason if the signal is aborted already.
 *
 * @param names the options that exist, if the call takes more than those of a wait
 */
export function checkWait(options: BlockOptions | undefined, names: readonly string[] = WAIT_OPTIONS): Wait {
  if (options === undefined || options === null) return FOREVER;
  if (typeof options !== "object")
    throw new TypeError(
      `The wait options must be { timeout?, signal? }, received ${describe(options)}: write { timeout: 1000 } for a second.`,
    );
  refuseUnknown(options, names, "a wait");
  const { timeout, signal, block } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal || Object.prototype.toString.call(signal) === "[object AbortSignal]"))
    throw new TypeError(`signal must be an AbortSignal, received ${describe(signal)}.`);
  if (block !== undefined && typeof block !== "boolean") throw new TypeError(`block must be a boolean, received ${describe(block)}.`);
  const ms = checkTimeout(timeout);
  signal?.throwIfAborted();
  return { timeout: block === false ? 0 : ms, signal };
}

/** Checks a `timeout`: `undefined` becomes `Infinity`, and a negative number becomes 0. Throws `TypeError` for NaN and for other types. */
export function checkTimeout(timeout: unknown, name = "timeout"): number {
  if (timeout === undefined) return Number.POSITIVE_INFINITY;
  if (typeof timeout !== "number" || Number.isNaN(timeout)) {
    throw new TypeError(`${name} must be a number of milliseconds, received ${describe(timeout)}.`);
  }
  return Math.max(0, timeout);
}
