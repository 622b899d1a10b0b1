/** What can be released by a {@link Held}. */
export interface Releasable {
  release(): Promise<void>;
  releaseSync(): void;
}

/** A lock or a permit that is held until the end of a block. */
export class Held {
  /** Whether it was taken over from a process that died holding it: what it guards may be half changed. */
  readonly abandoned: boolean;
  readonly #object: Releasable;
  #released = false;

  constructor(object: Releasable, abandoned: boolean) {
    this.#object = object;
    this.abandoned = abandoned;
  }

  /** Releases it; a second call does nothing. */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await this.#object.release();
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
  readonly #object: Releasable;
  #released = false;

  constructor(object: Releasable, abandoned: boolean) {
    this.#object = object;
    this.abandoned = abandoned;
  }

  /** Releases it; a second call does nothing. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#object.releaseSync();
  }

  /** As `release()`. */
  [Symbol.dispose](): void {
    this.release();
  }
}
