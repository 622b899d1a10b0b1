import { CONDITION, type ConditionPort } from "../backend/contract/condition.ts";
import { type LockPort, RLOCK } from "../backend/contract/lock.ts";
import { CorruptedError, StateError } from "../errors/errors.ts";
import type { ReceivedParts } from "../objects/kinds.ts";
import { makeFor, type ObjectOptions } from "../objects/make.ts";
import { adopt, isClosed, noSync, openPort, SharedObject, type TravellingParts } from "../objects/shared-object.ts";
import { describe } from "../util/describe.ts";
import { type BlockOptions, checkWait, FOREVER, ONCE, type Wait, type WaitOptions } from "../util/wait-options.ts";
import { noteGrant } from "./acquirable.ts";
import { Lock } from "./lock.ts";
import { RLock } from "./rlock.ts";

/**
 * Lets processes that hold a lock wait until another one notifies them.
 *
 * @example
 * ```ts
 * const changed = new Condition();
 * await changed.acquire();
 * console.log(await changed.wait({ timeout: 10 })); // false: no process notified
 * await changed.release();
 * changed.close();
 * ```
 */
export class Condition extends SharedObject<ConditionPort> {
  readonly #lock: Lock | RLock;
  #ownsLock: boolean;

  /**
   * @param lock what must be held; default: an {@link RLock} of its own
   * @throws {TypeError} for anything else
   */
  constructor(lock?: Lock | RLock, options: ObjectOptions = {}) {
    if (lock !== undefined && !(lock instanceof Lock) && !(lock instanceof RLock))
      throw new TypeError(`A condition takes a Lock or an RLock, received ${describe(lock)}.`);
    super(CONDITION.label, () => makeFor(new.target, CONDITION, undefined, options));
    this.#ownsLock = lock === undefined;
    this.#lock = lock ?? RLock.adopt(makeFor(new.target, RLOCK, undefined));
  }

  /** @internal */
  static adopt(port: ConditionPort, { companions: [lock] }: ReceivedParts): Condition {
    if (!(lock instanceof Lock) && !(lock instanceof RLock)) throw new CorruptedError("A condition came without its lock.");
    const condition = adopt(port, () => new Condition(lock));
    // The lock came with the condition: it is closed with it.
    condition.#ownsLock = true;
    return condition;
  }

  /** As {@link Lock.abandoned}: also true if it was a `wait()` that acquired the lock of a process that died holding it. */
  get abandoned(): boolean {
    return this.#lock.abandoned;
  }

  /** Acquires the lock; as {@link Lock.acquire}. */
  acquire(options?: BlockOptions): Promise<boolean> {
    return this.#lock.acquire(options);
  }

  /** Releases the lock; as {@link Lock.release}. */
  release(): Promise<void> {
    return this.#lock.release();
  }

  /** As {@link Lock.acquireSync}. */
  acquireSync(options?: BlockOptions): boolean {
    return this.#lock.acquireSync(options);
  }

  /** As {@link Lock.releaseSync}. */
  releaseSync(): void {
    this.#lock.releaseSync();
  }

  /** Acquires the lock for a block; as {@link Lock.hold}. */
  hold(options?: BlockOptions): ReturnType<Lock["hold"]> {
    return this.#lock.hold(options);
  }

  /**
   * Releases the lock (as often as it is held), waits for a notification, and acquires the lock again: also when no notification came in
   * time, and when the wait is aborted.
   *
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @returns whether it was notified
   * @throws {StateError} if this process does not hold the lock
   */
  async wait(options?: WaitOptions): Promise<boolean> {
    return this.#wait(checkWait(options));
  }

  /**
   * Waits until the predicate gives something true. The lock is held while it is asked; `timeout` is for all of it.
   *
   * @returns what the predicate gave last
   */
  async waitFor<T>(predicate: () => T | Promise<T>, options?: WaitOptions): Promise<T> {
    const { timeout, signal } = checkWait(options);
    const end = performance.now() + timeout;
    for (;;) {
      const answer = await predicate();
      const left = end - performance.now();
      if (answer || left <= 0) return answer;
      await this.#wait({ timeout: left, signal });
    }
  }

  /**
   * Wakes those that have waited longest. It does not wait for them.
   *
   * @param count how many at most; default 1
   * @throws {StateError} if this process does not hold the lock
   */
  async notify(count = 1): Promise<void> {
    const waiters = openPort(this, "notify");
    checkCount(count);
    if ((await this.#lockPort("notify").held()) === 0) throw notHolding("notify");
    await waiters.notify(count);
  }

  /** Wakes all that wait now. */
  async notifyAll(): Promise<void> {
    await this.notify(Number.MAX_SAFE_INTEGER);
  }

  /** As `wait`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  waitSync(options?: WaitOptions): boolean {
    const wait = checkWait(options);
    const { blocking: waiters = noSync("waitSync", "wait") } = openPort(this, "waitSync");
    const { blocking: lock = noSync("waitSync", "wait") } = this.#lockPort("waitSync");
    if (lock.heldSync() === 0) throw notHolding("waitSync");
    const waiter = waiters.enterSync();
    const depth = lock.unlockSync(true);
    try {
      return waiters.notifiedSync(waiter, wait);
    } finally {
      noteGrant(this.#lock, lock.acquireSync(FOREVER, depth));
    }
  }

  /** As `notify`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  notifySync(count = 1): void {
    const { blocking: waiters = noSync("notifySync", "notify") } = openPort(this, "notifySync");
    checkCount(count);
    const { blocking: lock = noSync("notifySync", "notify") } = this.#lockPort("notifySync");
    if (lock.heldSync() === 0) throw notHolding("notifySync");
    waiters.notifySync(count);
  }

  /** Lets this process go of the object, and of the lock unless that was given to the constructor. Idempotent. */
  override close(): void {
    if (isClosed(this)) return;
    super.close();
    if (this.#ownsLock) this.#lock.close();
  }

  protected override parts(): TravellingParts {
    return { companions: [this.#lock] };
  }

  async #wait(wait: Wait): Promise<boolean> {
    const waiters = openPort(this, "wait");
    const lock = this.#lockPort("wait");
    if ((await lock.held()) === 0) throw notHolding("wait");
    const waiter = await waiters.enter();
    const depth = await lock.unlock(true).catch(async (error: unknown) => {
      // Another task of this process released the lock meanwhile. A notification that came for this waiter goes to another one.
      if (await waiters.notified(waiter, ONCE)) await waiters.notify(1);
      throw error;
    });
    try {
      return await waiters.notified(waiter, wait);
    } finally {
      // A lock of its own is closed together with the condition, and can't be acquired any more.
      if (!isClosed(this) || !this.#ownsLock) noteGrant(this.#lock, await this.#lockPort("wait").acquire(FOREVER, depth));
    }
  }

  #lockPort(call: string): LockPort {
    return openPort<LockPort>(this.#lock, call);
  }
}

function checkCount(count: unknown): void {
  if (typeof count !== "number") throw new TypeError(`notify takes a number of waiters, received ${describe(count)}.`);
  if (!Number.isInteger(count) || count < 0) throw new RangeError(`notify takes a whole number of waiters, received ${count}.`);
}

function notHolding(call: string): StateError {
  return new StateError(`This process does not hold the condition's lock: acquire() it before ${call}().`);
}
