import { CONDITION, type ConditionPort } from "../backend/contract/condition.ts";
import { type LockPort, RLOCK } from "../backend/contract/lock.ts";
import { StateError } from "../errors/errors.ts";
import { malformedReference, mayHaveHappened } from "../errors/messages.ts";
import type { ReceivedParts } from "../objects/kinds.ts";
import { makeFor, type ObjectOptions } from "../objects/make.ts";
import { adopt, isClosed, noSync, openPort, SharedObject, setTravel } from "../objects/shared-object.ts";
import { countdown } from "../util/blocking.ts";
import { now } from "../util/clock.ts";
import { describe } from "../util/describe.ts";
import { type BlockOptions, checkWait, FOREVER, ONCE, type Wait, type WaitOptions } from "../util/wait-options.ts";
import { noteRegained } from "./acquirable.ts";
import { unlessSilent } from "./host-silence.ts";
import { Lock } from "./lock.ts";
import { RLock } from "./rlock.ts";

/**
 * Lets processes wait for a change that another process announces. A lock guards the data that changes.
 *
 * Each call rejects with {@link ClosedError} after `close()`, and on the portable backend with {@link OwnerDiedError} if the process that
 * made it is gone.
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
   * Makes a condition.
   *
   * @param lock the lock that callers of `wait` and `notify` must have acquired; default: a new {@link RLock}
   * @throws {TypeError} if `lock` is not a `Lock` or `RLock`
   */
  constructor(lock?: Lock | RLock, options: ObjectOptions = {}) {
    if (lock !== undefined && !(lock instanceof Lock) && !(lock instanceof RLock))
      throw new TypeError(`A condition takes a Lock or an RLock, received ${describe(lock)}.`);
    super(CONDITION.label, () => makeFor(new.target, CONDITION, undefined, options));
    this.#ownsLock = lock === undefined;
    this.#lock = lock ?? RLock.adopt(makeFor(new.target, RLOCK, undefined, { name: options.name }));
    setTravel(this, { parts: () => ({ companions: [this.#lock], details: this.#ownsLock }) });
  }

  /** @internal */
  static adopt(port: ConditionPort, { companions: [lock], details }: ReceivedParts): Condition {
    if (!(lock instanceof Lock) && !(lock instanceof RLock)) throw malformedReference();
    const condition = adopt(port, () => new Condition(lock));
    condition.#ownsLock = details === true;
    return condition;
  }

  /** Like {@link Lock.abandoned}. It is also true if a `wait()` took the lock over from a process that died. */
  get abandoned(): boolean {
    return this.#lock.abandoned;
  }

  /** Acquires the lock. Like {@link Lock.acquire}, it returns whether it was acquired in time. */
  acquire(options?: BlockOptions): Promise<boolean> {
    return this.#lock.acquire(options);
  }

  /** Releases the lock, like {@link Lock.release}. */
  release(): Promise<void> {
    return this.#lock.release();
  }

  /** Acquires the lock, like {@link Lock.acquireSync}. */
  acquireSync(options?: BlockOptions): boolean {
    return this.#lock.acquireSync(options);
  }

  /** Releases the lock, like {@link Lock.releaseSync}. */
  releaseSync(): void {
    this.#lock.releaseSync();
  }

  /** Acquires the lock until the end of a block, like {@link Lock.hold}. */
  hold(options?: BlockOptions): ReturnType<Lock["hold"]> {
    return this.#lock.hold(options);
  }

  /** Acquires the lock until the end of a block, like {@link Lock.holdSync}. */
  holdSync(options?: BlockOptions): ReturnType<Lock["holdSync"]> {
    return this.#lock.holdSync(options);
  }

  /**
   * Releases the lock completely, waits for a notification, and acquires the lock again as often as before. It also acquires the lock
   * again if no notification came in time, and if the wait is aborted. Acquiring the lock again has no time limit.
   *
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @returns whether a notification came in time
   * @throws {TimeoutError} on the portable backend, if a process that hosts the condition or its lock does not reply in time. This process
   *   does not hold the lock then
   * @throws {StateError} if this process does not hold the lock
   * @throws {ClosedError} after `close()`, also if `close()` is called during the wait
   */
  async wait(options?: WaitOptions): Promise<boolean> {
    return this.#wait(checkWait(options));
  }

  /**
   * Waits until the predicate returns a true value. This process holds the lock whenever the predicate runs.
   *
   * @param predicate a function that is called at once, and again after each notification
   * @param options `timeout` in ms for the whole call, `signal`; default: wait for ever
   * @returns the predicate's last value, which is a false one if the time ran out
   * @throws {StateError} if the call has to wait and this process does not hold the lock
   */
  async waitFor<T>(predicate: () => T | Promise<T>, options?: WaitOptions): Promise<T> {
    const { timeout, signal } = checkWait(options);
    const end = now() + timeout;
    for (;;) {
      const answer = await predicate();
      const left = end - now();
      if (answer || left <= 0) return answer;
      await this.#wait({ timeout: left, signal });
    }
  }

  /**
   * Notifies the calls of `wait` that have waited longest. It does not wait until they go on.
   *
   * @param count the largest number of calls to notify; default 1
   * @throws {StateError} if this process does not hold the lock
   * @throws {RangeError} if `count` is not a whole number of 0 or more
   */
  async notify(count = 1): Promise<void> {
    const waiters = openPort(this, "notify");
    checkCount(count);
    if ((await this.#lockPort("notify").held()) === 0) throw notHolding("notify");
    await waiters.notify(count);
  }

  /** Notifies all calls that wait now. Throws `StateError` if this process does not hold the lock. */
  async notifyAll(): Promise<void> {
    await this.notify(Number.MAX_SAFE_INTEGER);
  }

  /** Like `wait`, but blocks this thread. Throws `UnsupportedError` on the portable backend. */
  waitSync(options?: WaitOptions): boolean {
    return this.#waitSync(checkWait(options), "waitSync", "wait");
  }

  /**
   * Like `waitFor`, but blocks this thread. Throws `UnsupportedError` on the portable backend, and `TypeError` if the predicate returns a
   * promise.
   *
   * @example
   * ```ts
   * const changed = new Condition();
   * if (capabilities().sync) {
   *   changed.acquireSync();
   *   console.log(changed.waitForSync(() => "ready")); // "ready"
   *   changed.releaseSync();
   * }
   * changed.close();
   * ```
   */
  waitForSync<T>(predicate: () => T, options?: WaitOptions): T {
    const { timeout, signal } = checkWait(options);
    if (openPort(this, "waitForSync").blocking === undefined) noSync("waitForSync", "waitFor");
    const left = countdown(timeout);
    for (;;) {
      const answer = predicate();
      if (typeof (answer as PromiseLike<unknown> | undefined)?.then === "function") throw promised(answer);
      const ms = left();
      if (answer || ms <= 0) return answer;
      this.#waitSync({ timeout: ms, signal }, "waitForSync", "waitFor");
    }
  }

  #waitSync(wait: Wait, call: string, twin: string): boolean {
    const { blocking: waiters = noSync(call, twin) } = openPort(this, call);
    const { blocking: lock = noSync(call, twin) } = this.#lockPort(call);
    if (lock.heldSync() === 0) throw notHolding(call);
    const waiter = waiters.enterSync();
    const depth = lock.unlockSync(true);
    try {
      return waiters.notifiedSync(waiter, wait);
    } finally {
      noteRegained(this.#lock, lock.acquireSync(FOREVER, depth));
    }
  }

  /** Like `notify`, but blocks this thread. Throws `UnsupportedError` on the portable backend. */
  notifySync(count = 1): void {
    const port = openPort(this, "notifySync");
    checkCount(count);
    const { blocking: waiters = noSync("notifySync", "notify") } = port;
    const { blocking: lock = noSync("notifySync", "notify") } = this.#lockPort("notifySync");
    if (lock.heldSync() === 0) throw notHolding("notifySync");
    waiters.notifySync(count);
  }

  /** Like `notifyAll`, but blocks this thread. Throws `UnsupportedError` on the portable backend. */
  notifyAllSync(): void {
    this.notifySync(Number.MAX_SAFE_INTEGER);
  }

  /**
   * Closes the condition in this process, and its lock too unless the lock was passed to the constructor. Waits of this process reject with
   * `ClosedError`. A second call does nothing.
   */
  override close(): void {
    if (isClosed(this)) return;
    super.close();
    if (this.#ownsLock) this.#lock.close();
  }

  async #wait(wait: Wait): Promise<boolean> {
    const waiters = openPort(this, "wait");
    const lock = this.#lockPort("wait");
    // Whether the lock's release was requested, and whether the caller has given up.
    let isUnlocking = false;
    let isUnheard = false;
    const steps = async (): Promise<boolean> => {
      if ((await lock.held()) === 0) throw notHolding("wait");
      const waiter = await waiters.enter();
      if (isUnheard) return passOn(waiters, waiter);
      isUnlocking = true;
      const depth = await lock.unlock(true).catch(async (error: unknown) => {
        // Another task of this process has released the lock since.
        await passOn(waiters, waiter);
        throw error;
      });
      try {
        return await waiters.notified(waiter, wait);
      } finally {
        // If the condition made its lock itself, the lock was closed with the condition and can't be acquired any more.
        if (!isClosed(this) || !this.#ownsLock) {
          const grant = await this.#lockPort("wait").acquire(FOREVER, depth);
          if (!isUnheard) noteRegained(this.#lock, grant);
          else for (let i = 0; i < depth; i++) await lock.unlock();
        }
      }
    };
    return unlessSilent(steps(), wait, [waiters, lock], (reason) => {
      isUnheard = true;
      if (isUnlocking) throw mayHaveHappened("This process does not hold the condition's lock now", reason);
      if (reason !== undefined) throw reason;
      return false;
    });
  }

  #lockPort(call: string): LockPort {
    return openPort<LockPort>(this.#lock, call);
  }
}

// Removes a waiter that waits no longer. If a notification came for it, that goes to another one.
async function passOn(waiters: ConditionPort, waiter: number): Promise<false> {
  if (await waiters.notified(waiter, ONCE)) await waiters.notify(1);
  return false;
}

function checkCount(count: unknown): void {
  if (typeof count !== "number") throw new TypeError(`notify takes a number of waiters, received ${describe(count)}.`);
  if (!Number.isInteger(count) || count < 0) throw new RangeError(`notify takes a whole number of waiters, received ${count}.`);
}

function promised(answer: unknown): TypeError {
  // Nobody waits for it.
  Promise.resolve(answer).catch(() => {});
  return new TypeError("The predicate of waitForSync() returned a promise, which is always true: await waitFor() instead.");
}

function notHolding(call: string): StateError {
  return new StateError(`This process does not hold the condition's lock: acquire() it before ${call}().`);
}
