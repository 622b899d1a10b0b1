/** An object that a {@link Held} can release. */
export interface Releasable {
  release(): Promise<void>;
  releaseSync(): void;
}

/**
 * A lock or permit that was acquired by `hold()`. It is released at the end of the block.
 *
 * @example
 * ```ts
 * const lock = new Lock();
 * {
 *   await using held = await lock.hold();
 *   console.log(held.abandoned); // false
 * }
 * lock.close();
 * ```
 */
export class Held {
  /** Whether it was taken over from a process that died before it released. The data that it guards may then be half changed. */
  readonly abandoned: boolean;
  readonly #object: Releasable;
  #released = false;

  /** @ignore Called by `hold()`. */
  constructor(object: Releasable, abandoned: boolean) {
    this.#object = object;
    this.abandoned = abandoned;
  }

  /**
   * Releases the lock or permit. A second call does nothing.
   *
   * @throws what the `release()` of the lock or semaphore throws
   */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await this.#object.release();
  }

  /** Like `release()`, at the end of a block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}

/**
 * Like {@link Held}, but acquired by `holdSync()` and released by a blocking call.
 *
 * @example
 * ```ts
 * if (capabilities().sync) {
 *   const lock = new Lock();
 *   {
 *     using held = lock.holdSync();
 *     console.log(held.abandoned); // false
 *   }
 *   lock.close();
 * }
 * ```
 */
export class HeldSync {
  /** Like {@link Held.abandoned}. */
  readonly abandoned: boolean;
  readonly #object: Releasable;
  #released = false;

  /** @ignore Called by `holdSync()`. */
  constructor(object: Releasable, abandoned: boolean) {
    this.#object = object;
    this.abandoned = abandoned;
  }

  /**
   * Releases the lock or permit. A second call does nothing.
   *
   * @throws what the `releaseSync()` of the lock or semaphore throws
   */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#object.releaseSync();
  }

  /** Calls `release()`. */
  [Symbol.dispose](): void {
    this.release();
  }
}
