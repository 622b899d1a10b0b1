import { now } from "./clock.ts";
import { isOrphan } from "./orphan.ts";
import type { Wait } from "./wait-options.ts";

/** A blocking call returns to JavaScript after this number of milliseconds, to check its deadline and its signal. */
export const SLICE = 100;

// A backend with blocking calls sets a clock of its own.
let read: () => number = now;

/** Sets the clock of blocking calls: one that a program can't replace. It returns milliseconds. */
export function setBlockingClock(clock: () => number): void {
  read = clock;
}

let before: (() => void) | undefined;

/** Sets what is done before this thread blocks the next time. */
export function beforeBlocking(call: () => void): void {
  before = call;
}

function prepareToBlock(): void {
  const call = before;
  before = undefined;
  call?.();
}

/** Returns a function that tells how many milliseconds of a blocking wait are left. */
export function countdown(ms: number): () => number {
  const until = read() + ms;
  return () => until - read();
}

/**
 * Blocks this thread until `look` has a result. `look` may wait for the given number of milliseconds. Returns `undefined` if the time ran
 * out, and throws the reason of an aborted signal. A call that has `begun` is completed even then.
 */
export function blocking<T>(wait: Wait, look: (ms: number) => T | undefined, begun?: () => boolean): T | undefined {
  if (before !== undefined) prepareToBlock();
  const left = countdown(wait.timeout);
  for (let ms = wait.timeout; ; ms = left()) {
    const isBegun = begun?.() === true;
    const answer = unlessOrphan(() => look(isBegun ? SLICE : Math.ceil(Math.min(SLICE, Math.max(0, ms)))));
    if (answer !== undefined) return answer;
    if (isBegun || begun?.() === true) continue;
    if (ms <= 0) return undefined;
    wait.signal?.throwIfAborted();
  }
}

// An error of a process whose parent is gone is not thrown: the process is about to be ended.
function unlessOrphan<T>(look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (!isOrphan()) throw error;
    for (;;) sleepSync(SLICE);
  }
}

/** Blocks this thread for so many milliseconds. */
export function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
