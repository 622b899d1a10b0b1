import { LOCK, type LockPort } from "../backend/contract/lock.ts";
import { makeFor, type ObjectOptions } from "../objects/make.ts";
import { adopt, noSync, openPort } from "../objects/shared-object.ts";
import { Acquirable, noteRelease } from "./acquirable.ts";

/**
 * The base class of `Lock` and `RLock`.
 *
 * @ignore
 */
export abstract class BaseLock extends Acquirable<LockPort> {
  /**
   * Releases the lock once.
   *
   * @throws {StateError} if no process holds the lock; for an {@link RLock}, if this process does not hold it
   * @throws {ClosedError} after `close()`
   */
  override async release(): Promise<void> {
    noteRelease(this);
    await openPort(this, "release").unlock();
  }

  /** Like `release`, but blocks this thread. Throws `UnsupportedError` on the portable backend. */
  override releaseSync(): void {
    noteRelease(this);
    const { blocking = noSync("releaseSync", "release") } = openPort(this, "releaseSync");
    blocking.unlockSync();
  }

  /**
   * Closes the lock in this process. If this process still holds it, the next process gets it as abandoned. Waits of this process reject
   * with `ClosedError`. A second call does nothing.
   */
  override close(): void {
    super.close();
  }
}

/**
 * A lock between processes. The process that acquired it is its holder. As in Python, any process may release it. If the holder dies, the
 * next process gets the lock, and its `abandoned` is true once.
 *
 * @example
 * ```ts
 * const lock = new Lock();
 * {
 *   await using held = await lock.hold({ timeout: 1000 });
 *   console.log(held.abandoned); // false
 * }
 * lock.close();
 * ```
 */
export class Lock extends BaseLock {
  /**
   * Makes a lock that nobody holds.
   *
   * @param options `name`: see {@link ObjectOptions}
   * @throws {TypeError} for options of a wrong type
   */
  constructor(options: ObjectOptions = {}) {
    super(LOCK.label, () => makeFor(new.target, LOCK, undefined, options));
  }

  /** @internal */
  static adopt(port: LockPort): Lock {
    return adopt(port, () => new Lock());
  }
}
