import { holdEventLoop } from "./event-loop.ts";

let look: () => boolean = () => false;

/** Sets the function that finds out whether the parent is gone, in a process that ends with its parent. */
export function setOrphanCheck(check: () => boolean): void {
  look = check;
}

/**
 * Whether the parent of this process is gone, so that this process is about to be ended. From then on its waits stay pending: what they
 * would report is a consequence of the parent's end, and nobody is left to hear it.
 */
export function isOrphan(): boolean {
  return look();
}

/** Returns a promise for the rest of this process's life, during which its event loop stays alive. */
export function untilTheEnd(): Promise<never> {
  holdEventLoop();
  return new Promise<never>(() => {});
}
