import { setInterval } from "node:timers";

const LONGEST_DELAY = 2 ** 31 - 1;

// Sockets and children are all unreferenced; this one timer is what keeps the event loop, while anything counts on it.
let timer: NodeJS.Timeout | undefined;
let holds = 0;

/** Keeps the event loop alive until as many calls of {@link freeEventLoop}. */
export function keepEventLoop(): void {
  if (holds++ > 0) return;
  timer ??= setInterval(() => {}, LONGEST_DELAY);
  timer.ref();
}

export function freeEventLoop(): void {
  if (--holds === 0) timer?.unref();
}

/** Keeps the event loop alive until the returned function is called (once or more). */
export function holdEventLoop(): () => void {
  keepEventLoop();
  let held = true;
  return () => {
    if (held) freeEventLoop();
    held = false;
  };
}
