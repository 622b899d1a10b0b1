import { makeWaitable, type Waitable } from "../objects/waitable.ts";

/** An object that `wait()` accepts: it is ready when its process has ended. */
export class Sentinel {
  /** @internal */
  constructor(open: () => Waitable) {
    makeWaitable(this, open);
  }
}
