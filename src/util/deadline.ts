import { clearTimeout, setTimeout } from "node:timers";
import type { Wait } from "./wait-options.ts";

// The longest delay of a timer. With a longer delay it would fire at once.
const LONGEST_DELAY = 2 ** 31 - 1;

/** Calls `late` after `ms` milliseconds, without keeping the event loop alive. The returned function cancels the call. */
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
 * Watches a wait's timeout and signal. Calls `late` when the time has run out, or `aborted` with the signal's reason: one of them, at
 * most once, and never before this function has returned. The returned function ends the watch.
 */
export function watchWait(wait: Wait, late: () => void, aborted: (reason: unknown) => void): () => void {
  const { signal } = wait;
  if (signal === undefined && wait.timeout === Number.POSITIVE_INFINITY) return () => {};
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    stopTimer();
    signal?.removeEventListener("abort", abort);
  };
  const abort = (): void => {
    if (stopped) return;
    stop();
    aborted(signal?.reason);
  };
  const stopTimer = after(wait.timeout, () => {
    stop();
    late();
  });
  signal?.addEventListener("abort", abort, { once: true });
  // A signal that is aborted already does not fire its event again.
  if (signal?.aborted === true) queueMicrotask(abort);
  return stop;
}
