import { setInterval } from "node:timers";

const LONGEST_DELAY = 2 ** 31 - 1;

// Sockets and children are all unreferenced; this one timer is what keeps the event loop, while anything counts on it.
let timer: NodeJS.Timeout | undefined;
let holds = 0;

/** Keeps the event loop alive until the returned function is called (once or more). */
export function holdEventLoop(): () => void {
  if (holds++ === 0) {
    timer ??= setInterval(() => {}, LONGEST_DELAY);
    timer.ref();
  }
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    if (--holds === 0) timer?.unref();
  };
}
