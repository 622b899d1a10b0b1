import { type LockPort, RLOCK } from "../backend/contract/lock.ts";
import { makeFor, type ObjectOptions } from "../objects/make.ts";
import { adopt } from "../objects/shared-object.ts";
import { RecursiveAcquisitions } from "./acquisitions.ts";
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
  /**
   * Makes a lock that nobody holds.
   *
   * @param options `name`: see {@link ObjectOptions}
   * @throws {TypeError} for options of a wrong type
   */
  constructor(options: ObjectOptions = {}) {
    super(RLOCK.label, () => makeFor(new.target, RLOCK, undefined, options), new RecursiveAcquisitions());
  }

  /** @internal */
  static adopt(port: LockPort): RLock {
    return adopt(port, () => new RLock());
  }
}
