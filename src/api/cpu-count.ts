import { os } from "../util/lazy-modules.ts";

/**
 * Returns the number of processes that can run at the same time on this machine.
 *
 * @example
 * ```ts
 * console.log(cpuCount() >= 1); // true
 * ```
 */
export function cpuCount(): number {
  return os().availableParallelism();
}
