import { now, soon, startTimer, stopTimer, type Timer } from "./clock.ts";
import type { Wait } from "./wait-options.ts";

// A timer that fires this many milliseconds too late, or more, shows that this process was busy.
const LATENESS = 3;
// After that, so many turns of the event loop are enough on every runtime to handle what came while this process was busy.
const TURNS = 3;
// `afterIdle` counts at most this number of milliseconds, whatever the time between two looks at the clock was.
const SLICE = 100;
// After so many slices in a row in which this process was busy, the next one counts in any case.
const MOST_BUSY = 10;

/**
 * Calls `late` after `ms` milliseconds, without keeping the event loop alive. The returned function cancels the call.
 *
 * A runtime calls timers before it handles what has come from outside. If this process was busy until after the deadline, an answer may
 * have come in time and not be handled yet. So the event loop turns a few times more before `late` is called.
 */
export function after(ms: number, late: () => void): () => void {
  if (ms === Number.POSITIVE_INFINITY) return () => {};
  const end = now() + ms;
  let timer: Timer;
  let turns = 0;
  const next = (): void => {
    const left = end - now();
    if (left > 0) timer = startTimer(next, left);
    else if (turns === 0 && left > -LATENESS) late();
    else if (turns++ < TURNS) timer = startTimer(next, 0);
    else late();
  };
  timer = startTimer(next, ms);
  return () => stopTimer(timer);
}

/**
 * Like `after`, but the time for which this process is busy does not count. For limits on what another process does that needs this one.
 */
export function afterIdle(ms: number, late: () => void): () => void {
  if (ms === Number.POSITIVE_INFINITY) return () => {};
  let left = ms;
  let busy = 0;
  let stop = (): void => {};
  const next = (): void => {
    const slice = Math.min(SLICE, left);
    const start = now();
    stop = after(slice, () => {
      left -= slice;
      // During this slice the other process had little chance to answer. So at least one more slice follows. Many of them together are a chance.
      if (now() - start <= slice + SLICE) busy = 0;
      else if (++busy < MOST_BUSY) left = Math.max(left, Math.min(SLICE, ms));
      if (left > 0) next();
      else late();
    });
  };
  next();
  return () => stop();
}

// A signal looks at all its listeners each time that one is added. So the waits that share a signal share one listener.
const listeners = new WeakMap<AbortSignal, { readonly calls: Set<() => void>; readonly listener: () => void }>();

// Calls `abort` when the signal is aborted. The returned function cancels that.
function whenAborted(signal: AbortSignal, abort: () => void): () => void {
  const shared = listeners.get(signal) ?? listen(signal);
  const { calls, listener } = shared;
  calls.add(abort);
  return () => {
    if (!calls.delete(abort) || calls.size > 0) return;
    listeners.delete(signal);
    signal.removeEventListener("abort", listener);
  };
}

function listen(signal: AbortSignal): { readonly calls: Set<() => void>; readonly listener: () => void } {
  const calls = new Set<() => void>();
  const listener = (): void => {
    listeners.delete(signal);
    for (const call of calls) call();
  };
  const shared = { calls, listener };
  listeners.set(signal, shared);
  signal.addEventListener("abort", listener, { once: true });
  return shared;
}

// What ends the watch of a wait without limits.
const unwatched = (): void => {};

/**
 * Watches a wait's timeout and signal. Calls `late` when the time has run out, or `aborted` with the signal's reason: one of them, at
 * most once, and never before this function has returned. The returned function ends the watch.
 */
export function watchWait(wait: Wait, late: () => void, aborted: (reason: unknown) => void): () => void {
  const { signal, timeout } = wait;
  if (signal === undefined && timeout === Number.POSITIVE_INFINITY) return unwatched;
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    cancel();
    ignore?.();
  };
  const abort = (): void => {
    if (stopped) return;
    stop();
    aborted(signal?.reason);
  };
  const cancel = after(timeout, () => {
    stop();
    late();
  });
  const ignore = signal === undefined ? undefined : whenAborted(signal, abort);
  // A signal that is aborted already does not fire its event again.
  if (signal?.aborted === true) soon(abort);
  return stop;
}
