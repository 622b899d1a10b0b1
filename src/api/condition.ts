import type { ConditionPort, LockPort } from "../backend/contract/backend.ts";
import { registerOwn, travelAs } from "../codec/classes.ts";
import { StateError } from "../errors/errors.ts";
import { Adopted, registerShared } from "../objects/message.ts";
import { backendFor, Hold, noSync } from "../objects/shared-object.ts";
import { type BlockOptions, checkWait, describe, FOREVER, ONCE, type Wait, type WaitOptions } from "../util/timing.ts";
import { insideOf, Lock, RLock } from "./lock.ts";

const NAME = "polyproc.Condition";

/** A condition's own part of what travels; the other is its lock. */
class Waiters extends Hold<ConditionPort> {
  constructor(port: ConditionPort) {
    super(port, "condition");
  }
}

registerShared("condition", (adopted) => new Waiters((adopted as Adopted<ConditionPort>).port));

interface Parts {
  readonly lock: Lock | RLock;
  readonly waiters: Waiters;
}

/**
 * Lets processes that hold a lock wait until another one notifies them.
 *
 * @example
 * ```ts
 * const changed = new Condition();
 * await changed.acquire();
 * console.log(await changed.wait({ timeout: 10 })); // false: nobody notified
 * await changed.release();
 * changed.close();
 * ```
 */
export class Condition {
  readonly #lock: Lock | RLock;
  readonly #ownsLock: boolean;
  readonly #waiters: Waiters;

  /**
   * @param lock what must be held; default: an {@link RLock} of its own
   * @throws {TypeError} for anything else
   */
  constructor(lock?: Lock | RLock) {
    const parts = lock instanceof Adopted ? (lock.port as unknown as Parts) : undefined;
    if (parts === undefined && lock !== undefined && !(lock instanceof Lock) && !(lock instanceof RLock))
      throw new TypeError(`A condition takes a Lock or an RLock, received ${describe(lock)}.`);
    this.#ownsLock = lock === undefined || parts !== undefined;
    this.#lock = parts?.lock ?? lock ?? new RLock(new Adopted(backendFor(new.target).makeLock(true)));
    this.#waiters = parts?.waiters ?? new Waiters(backendFor(new.target).makeCondition());
    travelAs(new.target.prototype, NAME);
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
   * time, and when the wait is given up.
   *
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @returns whether it was notified
   * @throws {StateError} if this process does not hold the lock
   */
  async wait(options?: WaitOptions): Promise<boolean> {
    return this.#wait(checkWait(options));
  }

  /**
   * Waits until the predicate, asked with the lock held, gives something true; `timeout` is for all of it.
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
   * Wakes those who have waited longest; waits for nobody.
   *
   * @param count how many at most; default 1
   * @throws {StateError} if this process does not hold the lock
   */
  async notify(count = 1): Promise<void> {
    const waiters = this.#open("notify");
    checkCount(count);
    if ((await this.#lockPort("notify").held()) === 0) throw notHolding("notify");
    await waiters.notify(count);
  }

  /** Wakes everybody who waits now. */
  async notifyAll(): Promise<void> {
    await this.notify(Number.MAX_SAFE_INTEGER);
  }

  /** As `wait`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  waitSync(options?: WaitOptions): boolean {
    const wait = checkWait(options);
    const waiters = this.#open("waitSync");
    const lock = this.#lockPort("waitSync");
    if (waiters.enterSync === undefined || lock.unlockSync === undefined) return noSync("waitSync", "wait");
    if (lock.heldNow?.() === 0) throw notHolding("waitSync");
    const place = waiters.enterSync();
    const depth = lock.unlockSync(true);
    try {
      return waiters.notifiedSync?.(place, wait) === true;
    } finally {
      insideOf(this.#lock).took(lock.acquireSync?.(FOREVER, depth) ?? "refused");
    }
  }

  /** As `notify`, at once. Native backend; on the portable one `UnsupportedError`. */
  notifySync(count = 1): void {
    const waiters = this.#open("notifySync");
    checkCount(count);
    if (waiters.notifySync === undefined) return noSync("notifySync", "notify");
    if (this.#lockPort("notifySync").heldNow?.() === 0) throw notHolding("notifySync");
    waiters.notifySync(count);
  }

  /** Lets this process go of the object, and of the lock unless that was given to the constructor. Idempotent. */
  close(): void {
    if (this.#waiters.closed) return;
    this.#waiters.close();
    if (this.#ownsLock) this.#lock.close();
  }

  /** As `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  static {
    const parts = (condition: Condition): Parts => ({ waiters: condition.#waiters, lock: condition.#lock });
    registerOwn(NAME, Condition.prototype, parts, (whole) => new Condition(new Adopted(whole as never) as never));
  }

  async #wait(wait: Wait): Promise<boolean> {
    const waiters = this.#open("wait");
    const lock = this.#lockPort("wait");
    if ((await lock.held()) === 0) throw notHolding("wait");
    const place = await waiters.enter();
    const depth = await lock.unlock(true).catch(async (error: unknown) => {
      // Another task of this process released it meanwhile.
      if (await waiters.notified(place, ONCE)) await waiters.notify(1);
      throw error;
    });
    try {
      return await waiters.notified(place, wait);
    } finally {
      // A lock of its own is closed with it.
      if (!this.#waiters.closed || !this.#ownsLock) insideOf(this.#lock).took(await this.#lockPort("wait").acquire(FOREVER, depth));
    }
  }

  #lockPort(what: string): LockPort {
    return insideOf(this.#lock).open(what);
  }

  #open(what: string): ConditionPort {
    return this.#waiters.open(what);
  }
}

function checkCount(count: unknown): void {
  if (typeof count !== "number") throw new TypeError(`notify takes a number of waiters, received ${describe(count)}.`);
  if (!Number.isInteger(count) || count < 0) throw new RangeError(`notify takes a whole number of waiters, received ${count}.`);
}

function notHolding(what: string): StateError {
  return new StateError(`This process does not hold the condition's lock: acquire() it before ${what}().`);
}
