import type { Waiting } from "../waiting.ts";
import type { Records } from "./records.ts";

/** A call that waits for a record to change looks again after so many milliseconds, twice as many each time, also if nobody told of a change. */
const FIRST_LOOK_MS = 250;
const LAST_LOOK_MS = 1000;

/**
 * Looks again and again until there is a result, or the wait ends: then `undefined`.
 *
 * @param limit how many milliseconds may pass at most until the next look
 */
export async function lookUntil<T>(
  records: Records,
  key: string,
  waiting: Waiting,
  look: () => Promise<T | undefined>,
  limit: () => number = () => LAST_LOOK_MS,
): Promise<T | undefined> {
  const found = await waiting.patiently(look);
  if (found !== undefined || waiting.once || waiting.isOver) return found;
  let isNew = false;
  let wake = (): void => {};
  const unsubscribe = records.onChange(key, () => {
    isNew = true;
    wake();
  });
  try {
    for (let pause = FIRST_LOOK_MS; ; pause = Math.min(LAST_LOOK_MS, 2 * pause)) {
      // What changes during the look is seen by the next one.
      isNew = false;
      const result = await waiting.patiently(look);
      if (result !== undefined || waiting.isOver) return result;
      if (isNew) continue;
      await waiting.pause(Math.max(1, Math.min(pause, limit())), (woken) => {
        wake = woken;
        return () => {
          wake = () => {};
        };
      });
      if (isNew) pause = FIRST_LOOK_MS / 2;
    }
  } finally {
    unsubscribe();
  }
}
