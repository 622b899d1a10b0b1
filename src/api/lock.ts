import type { Grant, LockPort, SemaphorePort } from "../backend/contract/backend.ts";
import { TimeoutError } from "../errors/errors.ts";
import { Adopted, registerShared } from "../objects/message.ts";
import { backendFor, Hold, noSync } from "../objects/shared-object.ts";
import { type BlockOptions, checkWait, describe, type Wait } from "../util/timing.ts";

/** What locks and semaphores have in common: something that is acquired and released. */
abstract class Acquirable {
  #abandoned = false;

  /** As `acquire` of the port: how it went. */
  protected abstract take(wait: Wait, what: string): Promise<Grant>;
  protected abstract takeSync(wait: Wait, what: string): Grant;
  abstract release(): Promise<void>;
  abstract releaseSync(): void;

  /** Whether the last acquisition by this object took over from a process that died holding it: what it guards may be half changed. */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  /**
   * Waits until it is this process's.
   *
   * @param options `timeout` in ms, `signal`, `block`; default: wait for ever
   * @returns whether it was acquired in time
   * @throws {ClosedError} after `close()`, also while it waits
   * @throws {OwnerDiedError} if it is a portable one and the process that made it is gone
   */
  async acquire(options?: BlockOptions): Promise<boolean> {
    return this.took(await this.take(checkWait(options), "acquire"));
  }

  /** As `acquire`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  acquireSync(options?: BlockOptions): boolean {
    return this.took(this.takeSync(checkWait(options), "acquireSync"));
  }

  /**
   * Acquires it for a block: `await using held = await lock.hold();`
   *
   * @param options `timeout` in ms, `signal`, `block`; default: wait for ever
   * @throws {TimeoutError} if it was not to be had in time
   */
  async hold(options?: BlockOptions): Promise<Held> {
    const grant = await this.take(checkWait(options), "hold");
    if (!this.took(grant)) throw notHad();
    return new Held(this, grant === "abandoned");
  }

  /** As `hold`, blocking this thread: `using held = lock.holdSync();` Native backend; on the portable one `UnsupportedError`. */
  holdSync(options?: BlockOptions): HeldSync {
    const grant = this.takeSync(checkWait(options), "holdSync");
    if (!this.took(grant)) throw notHad();
    return new HeldSync(this, grant === "abandoned");
  }

  protected took(grant: Grant): boolean {
    if (grant !== "refused") this.#abandoned = grant === "abandoned";
    return grant !== "refused";
  }
}

function notHad(): TimeoutError {
  return new TimeoutError("It was not to be had in time: wait longer, or look who holds it.");
}

/** A lock or a permit that is held until the end of a block. */
export class Held {
  /** Whether it was taken over from a process that died holding it: what it guards may be half changed. */
  readonly abandoned: boolean;
  readonly #of: Acquirable;
  #released = false;

  constructor(of: Acquirable, abandoned: boolean) {
    this.#of = of;
    this.abandoned = abandoned;
  }

  /** Releases it; a second call does nothing. */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await this.#of.release();
  }

  /** As `release()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}

/** As {@link Held}, released without waiting. */
export class HeldSync {
  /** As {@link Held.abandoned}. */
  readonly abandoned: boolean;
  readonly #of: Acquirable;
  #released = false;

  constructor(of: Acquirable, abandoned: boolean) {
    this.#of = of;
    this.abandoned = abandoned;
  }

  /** Releases it; a second call does nothing. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#of.releaseSync();
  }

  /** As `release()`. */
  [Symbol.dispose](): void {
    this.release();
  }
}

/** What a condition needs of its lock. */
export interface LockInside {
  /** What is behind it; throws if it is closed. */
  open(what: string): LockPort;
  /** Notes how an acquisition by its port went. */
  took(grant: Grant): void;
}

const insides = new WeakMap<object, LockInside>();

/** What is behind a lock, for a condition that uses it. */
export function insideOf(lock: Lock | RLock): LockInside {
  const inside = insides.get(lock);
  if (inside === undefined) throw new TypeError(`A condition takes a Lock or an RLock, received ${describe(lock)}.`);
  return inside;
}

abstract class PlainLock extends Acquirable {
  readonly #hold: Hold<LockPort>;

  constructor(port: LockPort) {
    super();
    this.#hold = new Hold(port, "lock", this);
    insides.set(this, { open: (what) => this.#hold.open(what), took: (grant) => super.took(grant) });
  }

  protected override take(wait: Wait, what: string): Promise<Grant> {
    return this.#hold.open(what).acquire(wait);
  }

  protected override takeSync(wait: Wait, what: string): Grant {
    const port = this.#hold.open(what);
    return port.acquireSync === undefined ? noSync(what, "acquire") : port.acquireSync(wait);
  }

  /**
   * Lets it go, once.
   *
   * @throws {StateError} if it is not held (an {@link RLock}: not by this process)
   */
  override async release(): Promise<void> {
    await this.#hold.open("release").unlock();
  }

  /** As `release`, at once. Native backend; on the portable one `UnsupportedError`. */
  override releaseSync(): void {
    const port = this.#hold.open("releaseSync");
    if (port.unlockSync === undefined) return noSync("releaseSync", "release");
    port.unlockSync();
  }

  /** Lets this process go of the object; a lock that it holds counts as abandoned. Idempotent. */
  close(): void {
    this.#hold.close();
  }

  /** As `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * A lock between processes. It is held by the process that acquired it; as in Python, anybody may release it. If its holder dies, the next
 * one gets it and is told once: `abandoned`.
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
export class Lock extends PlainLock {
  constructor(adopted?: unknown) {
    super(adopted instanceof Adopted ? (adopted.port as LockPort) : backendFor(new.target).makeLock(false));
  }
}

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
export class RLock extends PlainLock {
  // How often this object has acquired it and not released it.
  #depth = 0;

  constructor(adopted?: unknown) {
    super(adopted instanceof Adopted ? (adopted.port as LockPort) : backendFor(new.target).makeLock(true));
  }

  override release(): Promise<void> {
    this.#depth = Math.max(0, this.#depth - 1);
    return super.release();
  }

  override releaseSync(): void {
    this.#depth = Math.max(0, this.#depth - 1);
    super.releaseSync();
  }

  protected override took(grant: Grant): boolean {
    if (grant === "refused") return false;
    // A hold that goes deeper is still the one that was taken over.
    return super.took(this.#depth++ > 0 && this.abandoned ? "abandoned" : grant);
  }
}

export interface SemaphoreOptions {
  /** How many permits there are at first; default 1. */
  readonly value?: number;
  /** Whether the permits of a process that dies come back. Default `false`, as in Python. */
  readonly robust?: boolean;
}

const MOST_PERMITS = 2 ** 31 - 1;

function checkSemaphore(options: SemaphoreOptions | number): { value: number; robust: boolean } {
  if (typeof options !== "number" && (typeof options !== "object" || options === null))
    throw new TypeError(`A semaphore takes its value or { value?, robust? }, received ${describe(options)}.`);
  const { value = 1, robust = false } = typeof options === "number" ? { value: options } : options;
  if (typeof value !== "number") throw new TypeError(`value must be a number of permits, received ${describe(value)}.`);
  if (!Number.isInteger(value) || value < 0 || value > MOST_PERMITS)
    throw new RangeError(`value must be a whole number of permits from 0 to ${MOST_PERMITS}, received ${value}.`);
  if (typeof robust !== "boolean") throw new TypeError(`robust must be a boolean, received ${describe(robust)}.`);
  return { value, robust };
}

/**
 * Permits that processes take and give back.
 *
 * @example
 * ```ts
 * const permits = new Semaphore(2);
 * await permits.acquire();
 * console.log(await permits.getValue()); // 1
 * await permits.release();
 * permits.close();
 * ```
 */
export class Semaphore extends Acquirable {
  readonly #hold: Hold<SemaphorePort>;

  /**
   * @param options the value alone, or {@link SemaphoreOptions}; default 1
   * @throws {RangeError} for a value that is no whole number of 0 or more
   */
  constructor(options: SemaphoreOptions | number = 1) {
    super();
    const bounded = new.target === BoundedSemaphore || new.target.prototype instanceof BoundedSemaphore;
    const port =
      options instanceof Adopted
        ? (options.port as SemaphorePort)
        : backendFor(new.target).makeSemaphore({ ...checkSemaphore(options), bounded });
    this.#hold = new Hold(port, "semaphore", this);
  }

  protected override take(wait: Wait, what: string): Promise<Grant> {
    return this.#hold.open(what).acquire(wait);
  }

  protected override takeSync(wait: Wait, what: string): Grant {
    const port = this.#hold.open(what);
    return port.acquireSync === undefined ? noSync(what, "acquire") : port.acquireSync(wait);
  }

  /**
   * Gives one permit back: one that this process took, else anybody's, else a new one.
   *
   * @throws {StateError} if a {@link BoundedSemaphore} has all its permits
   */
  override async release(): Promise<void> {
    await this.#hold.open("release").post();
  }

  /** As `release`, at once. Native backend; on the portable one `UnsupportedError`. */
  override releaseSync(): void {
    const port = this.#hold.open("releaseSync");
    if (port.postSync === undefined) return noSync("releaseSync", "release");
    port.postSync();
  }

  /** How many permits are there. */
  async getValue(): Promise<number> {
    return await this.#hold.open("getValue").value();
  }

  /** Lets this process go of the object. Idempotent. */
  close(): void {
    this.#hold.close();
  }

  /** As `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** A {@link Semaphore} that never has more permits than at first. */
export class BoundedSemaphore extends Semaphore {}

registerShared("lock", (adopted) => new Lock(adopted));
registerShared("rlock", (adopted) => new RLock(adopted));
registerShared("semaphore", (adopted) => new Semaphore(adopted as never));
registerShared("boundedSemaphore", (adopted) => new BoundedSemaphore(adopted as never));
