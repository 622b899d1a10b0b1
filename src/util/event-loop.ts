import { setInterval } from "node:timers";

const LONGEST_DELAY = 2 ** 31 - 1;

// All sockets and children are unreferenced. This one timer keeps the event loop alive while anything needs it.
let timer: NodeJS.Timeout | undefined;
let holds = 0;

/** Keeps the event loop alive until {@link freeEventLoop} has been called as often as this function. */
export function keepEventLoop(): void {
  if (holds++ > 0) return;
  timer ??= setInterval(() => {}, LONGEST_DELAY);
  timer.ref();
}

/** Ends one {@link keepEventLoop}. */
export function freeEventLoop(): void {
  if (--holds === 0) timer?.unref();
}

/** Keeps the event loop alive until the returned function is called. Further calls of that function do nothing. */
export function holdEventLoop(): () => void {
  keepEventLoop();
  let held = true;
  return () => {
    if (held) freeEventLoop();
    held = false;
  };
}
