import { LOCK, type LockPort } from "../backend/contract/lock.ts";
import { makeFor, type ObjectOptions } from "../objects/make.ts";
import { adopt, noSync, openPort } from "../objects/shared-object.ts";
import { Acquirable } from "./acquirable.ts";

/** What Lock and RLock have in common. */
export abstract class BaseLock extends Acquirable<LockPort> {
  /**
   * Releases it once.
   *
   * @throws {StateError} if it is not held (an {@link RLock}: not by this process)
   */
  override async release(): Promise<void> {
    await openPort(this, "release").unlock();
  }

  /** As `release`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  override releaseSync(): void {
    const { blocking = noSync("releaseSync", "release") } = openPort(this, "releaseSync");
    blocking.unlockSync();
  }

  /** Lets this process go of the object; a lock that it holds counts as abandoned. Idempotent. */
  override close(): void {
    super.close();
  }
}

/**
 * A lock between processes. It is held by the process that acquired it; as in Python, any process may release it. If its holder dies, the
 * next process gets it and is told once: `abandoned`.
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
  constructor(options: ObjectOptions = {}) {
    super(LOCK.label, () => makeFor(new.target, LOCK, undefined, options));
  }

  /** @internal */
  static adopt(port: LockPort): Lock {
    return adopt(port, () => new Lock());
  }
}
