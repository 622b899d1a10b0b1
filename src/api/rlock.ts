import { type Grant, type LockPort, RLOCK } from "../backend/contract/lock.ts";
import { makeFor, type ObjectOptions } from "../objects/make.ts";
import { adopt } from "../objects/shared-object.ts";
import { BaseLock } from "./lock.ts";

/**
 * A recursive lock. Its holder may acquire it again, and must release it as often as it acquired it. The holder is the process, so all
 * tasks of a process share the lock.
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
  // The number of acquisitions through this object that were not released yet.
  #depth = 0;

  /** @throws {TypeError} for options of a wrong type */
  constructor(options: ObjectOptions = {}) {
    super(RLOCK.label, () => makeFor(new.target, RLOCK, undefined, options));
  }

  /** @internal */
  static adopt(port: LockPort): RLock {
    return adopt(port, () => new RLock());
  }

  /** Releases the lock once. Throws `StateError` if this process does not hold it. */
  override release(): Promise<void> {
    this.#depth = Math.max(0, this.#depth - 1);
    return super.release();
  }

  /** Like `release`, but blocks this thread. Throws `UnsupportedError` on the portable backend. */
  override releaseSync(): void {
    this.#depth = Math.max(0, this.#depth - 1);
    super.releaseSync();
  }

  protected override noted(grant: Grant): boolean {
    if (grant === "refused") return false;
    // If the first acquisition took over from a dead process, the lock stays abandoned when this process acquires it again.
    return super.noted(this.#depth++ > 0 && this.abandoned ? "abandoned" : grant);
  }
}
