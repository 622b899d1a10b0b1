import { type Grant, type LockPort, RLOCK } from "../backend/contract/lock.ts";
import { makeFor, type ObjectOptions } from "../objects/make.ts";
import { adopt } from "../objects/shared-object.ts";
import { BaseLock } from "./lock.ts";

/**
 * A lock that the process which holds it may acquire again, and releases as often. All tasks of a process share its hold.
 *
 * @example
 * ```ts
 * const lock = new RLock();
 * await lock.acquire();
 * await lock.acquire();
 * await lock.release();
 * await lock.release();
 * lock.close();
 * ```
 */
export class RLock extends BaseLock {
  // How often this object has acquired it and not released it.
  #depth = 0;

  constructor(options: ObjectOptions = {}) {
    super(RLOCK.label, () => makeFor(new.target, RLOCK, undefined, options));
  }

  /** @internal */
  static adopt(port: LockPort): RLock {
    return adopt(port, () => new RLock());
  }

  override release(): Promise<void> {
    this.#depth = Math.max(0, this.#depth - 1);
    return super.release();
  }

  override releaseSync(): void {
    this.#depth = Math.max(0, this.#depth - 1);
    super.releaseSync();
  }

  protected override noted(grant: Grant): boolean {
    if (grant === "refused") return false;
    // Acquiring it again does not end a hold that was taken over from a dead process.
    return super.noted(this.#depth++ > 0 && this.abandoned ? "abandoned" : grant);
  }
}
