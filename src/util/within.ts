import { watchWait } from "./deadline.ts";
import { holdEventLoop } from "./event-loop.ts";
import type { Wait } from "./wait-options.ts";

/** The result of a wait whose time ran out. */
export const LATE: unique symbol = Symbol("late");
export type Late = typeof LATE;

// A promise keeps each callback until it settles. All waits for one promise share one callback, so that waits which have ended do not fill
// the memory.
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

/** Waits for a promise of this process within a wait's limits. It keeps the event loop alive. */
export function within<T>(promise: Promise<T>, wait: Wait): Promise<T | Late> {
  return new Promise<T | Late>((resolve, reject) => {
    const letGo = holdEventLoop();
    const giveUp = (): void => {
      forget();
      letGo();
    };
    const unwatch = watchWait(
      wait,
      () => {
        giveUp();
        resolve(LATE);
      },
      (reason) => {
        giveUp();
        reject(reason);
      },
    );
    const forget = onceSettled(promise, () => {
      unwatch();
      letGo();
      resolve(promise);
    });
  });
}

/** Whether the promise settles within a wait's limits. Rejects if the promise does. */
export async function endsWithin(promise: Promise<unknown>, wait: Wait): Promise<boolean> {
  return (await within(promise, wait)) !== LATE;
}
