import { makeWaitable, type Waitable } from "../objects/waitable.ts";

/**
 * An object for `wait()` that is ready when its process has ended. {@link Process.sentinel} returns it.
 *
 * @example
 * ```ts
 * const process = new Process();
 * await process.start();
 * const ended: Sentinel[] = await wait([process.sentinel]);
 * console.log(ended.length); // 1
 * ```
 */
export class Sentinel {
  /** @internal */
  constructor(open: () => Waitable) {
    makeWaitable(this, open);
  }
}
