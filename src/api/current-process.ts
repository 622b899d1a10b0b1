import { setCurrentName } from "../launch/position.ts";
import { makeCurrentProcess, type Process } from "./process.ts";

let current: Process<never, unknown> | undefined;

/** Sets the object that `currentProcess()` returns. A child calls this once it knows its job. */
export function setCurrentProcess(now: Process<never, unknown>): void {
  current = now;
  setCurrentName(now);
}

/**
 * Returns the object that stands for this process. In the main process its name is `MainProcess`.
 *
 * @example
 * ```ts
 * console.log(currentProcess().name); // "MainProcess"
 * ```
 */
export function currentProcess(): Process<never, unknown> {
  if (current === undefined) setCurrentProcess(makeCurrentProcess({ name: "MainProcess", identity: [], daemon: false }));
  return current as unknown as Process<never, unknown>;
}
