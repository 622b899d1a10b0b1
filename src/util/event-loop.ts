import { repeat, type Timer } from "./clock.ts";

/** How long a hold keeps the event loop alive: until it ends, or at most until the target of this process has ended. */
export type Hold = "always" | "whileWorking";

// All sockets and children are unreferenced. This one timer keeps the event loop alive while anything needs it.
let timer: Timer | undefined;
const holds = { always: 0, whileWorking: 0 };
let isWorking = false;
let isHeld = false;

function update(): void {
  const isNeeded = holds.always > 0 || (isWorking && holds.whileWorking > 0);
  if (isNeeded === isHeld) return;
  isHeld = isNeeded;
  timer ??= repeat(() => {}, Number.POSITIVE_INFINITY);
  if (isNeeded) timer.ref();
  else timer.unref();
}

/** Called when the target of this process begins, and when it has ended. */
export function setWorking(works: boolean): void {
  isWorking = works;
  update();
}

/** Keeps the event loop alive until {@link freeEventLoop} has been called as often as this function. */
export function keepEventLoop(hold: Hold = "always"): void {
  holds[hold]++;
  update();
}

/** Ends one {@link keepEventLoop}. */
export function freeEventLoop(hold: Hold = "always"): void {
  holds[hold]--;
  update();
}

/** Keeps the event loop alive until the returned function is called. Further calls of that function do nothing. */
export function holdEventLoop(hold: Hold = "always"): () => void {
  keepEventLoop(hold);
  let held = true;
  return () => {
    if (held) freeEventLoop(hold);
    held = false;
  };
}

let isForItself = false;

/** Whether a call that is being made is a wait of this library's own, and none of the program. */
export function waitsForItself(): boolean {
  return isForItself;
}

/** Makes a call that keeps the event loop alive while it waits, and lets the event loop end all the same. */
export function unheld<T>(call: () => Promise<T>): Promise<T> {
  isForItself = true;
  let waiting: Promise<T>;
  try {
    waiting = call();
  } finally {
    isForItself = false;
  }
  freeEventLoop();
  const settle = (): void => keepEventLoop();
  waiting.then(settle, settle);
  return waiting;
}
