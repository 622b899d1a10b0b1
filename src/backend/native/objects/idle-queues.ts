import { startTimer } from "../../../util/clock.ts";

/** The time in milliseconds after which a queue that nobody has used gives its memory back. */
const IDLE_AFTER = 1000;

interface Trimmed {
  /** Gives memory back if the queue is idle. Returns whether that need not be tried again until the queue is used. */
  trim(): boolean;
}

const used = new Set<Trimmed>();
let isWaiting = false;

/** Called when a queue was used: tries to give its memory back from time to time, until the queue is idle. */
export function trimWhenIdle(queue: Trimmed): void {
  used.add(queue);
  wait();
}

/** Called when a queue is closed. */
export function trimNoMore(queue: Trimmed): void {
  used.delete(queue);
}

function wait(): void {
  if (isWaiting || used.size === 0) return;
  isWaiting = true;
  startTimer(() => {
    isWaiting = false;
    for (const queue of used) if (queue.trim()) used.delete(queue);
    wait();
  }, IDLE_AFTER);
}
