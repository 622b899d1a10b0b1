import type { Grant, LockPort } from "../backend/contract/lock.ts";
import type { SemaphorePort } from "../backend/contract/semaphore.ts";
import { notAcquired } from "../errors/messages.ts";
import { noSync, openPort, portOf, SharedObject } from "../objects/shared-object.ts";
import { type BlockOptions, checkWait } from "../util/wait-options.ts";
import { Acquisitions } from "./acquisitions.ts";
import { Held, HeldSync, type Releasable } from "./held.ts";

// The library's own access to the private parts of locks and semaphores.

/** Records an acquisition that a condition made for its lock. Returns whether the lock was acquired. */
export let noteRegained: (object: Acquirable, grant: Grant) => boolean;

/** Records that the lock is about to be released. */
export let noteRelease: (object: Acquirable) => void;

/**
 * The base class of locks and semaphores: objects that are acquired and released.
 *
 * @ignore
 */
export abstract class Acquirable<P extends LockPort | SemaphorePort = LockPort | SemaphorePort>
  extends SharedObject<P>
  implements Releasable
{
  readonly #acquisitions: Acquisitions;

  /** @internal */
  constructor(label: string, make: () => P, acquisitions: Acquisitions = new Acquisitions()) {
    super(label, make);
    this.#acquisitions = acquisitions;
  }

  /** Releases the lock or permit. */
  abstract release(): Promise<void>;
  /** Like `release`, but blocks this thread. Throws `UnsupportedError` on the portable backend. */
  abstract releaseSync(): void;

  /**
   * Whether the last acquisition through this object took over from a process that died before it released. The data that the lock guards
   * may then be half changed.
   */
  get abandoned(): boolean {
    return this.#acquisitions.abandoned;
  }

  /**
   * Waits until this process has acquired the lock or permit.
   *
   * @param options `timeout` in ms, `signal`, `block`; default: wait for ever
   * @returns whether it was acquired in time
   * @throws {ClosedError} after `close()`, also if `close()` is called during the wait
   * @throws {OwnerDiedError} on the portable backend, if the process that made this object is gone
   */
  async acquire(options?: BlockOptions): Promise<boolean> {
    const wait = checkWait(options);
    return this.#note(await openPort(this, "acquire").acquire(wait));
  }

  /** Like `acquire`, but blocks this thread. Throws `UnsupportedError` on the portable backend. */
  acquireSync(options?: BlockOptions): boolean {
    return this.#note(this.#takeSync("acquireSync", options));
  }

  /**
   * Acquires the lock or permit until the end of a block: `await using held = await lock.hold();`
   *
   * @param options `timeout` in ms, `signal`, `block`; default: wait for ever
   * @throws {TimeoutError} if it could not be acquired in time
   * @throws {ClosedError} after `close()`, also if `close()` is called during the wait
   */
  async hold(options?: BlockOptions): Promise<Held> {
    const wait = checkWait(options);
    const grant = await openPort(this, "hold").acquire(wait);
    if (!this.#note(grant)) throw notAcquired();
    return new Held(this, grant === "abandoned");
  }

  /** Like `hold`, but blocks this thread: `using held = lock.holdSync();`. Throws `UnsupportedError` on the portable backend. */
  holdSync(options?: BlockOptions): HeldSync {
    const grant = this.#takeSync("holdSync", options);
    if (!this.#note(grant)) throw notAcquired();
    return new HeldSync(this, grant === "abandoned");
  }

  static {
    noteRegained = (object, grant) => object.#acquisitions.regained(grant, portOf(object).givenName);
    noteRelease = (object) => object.#acquisitions.released();
  }

  #note(grant: Grant): boolean {
    return this.#acquisitions.note(grant, portOf<P>(this).givenName);
  }

  #takeSync(name: string, options: BlockOptions | undefined): Grant {
    const wait = checkWait(options);
    const port: LockPort | SemaphorePort = openPort(this, name);
    const { blocking = noSync(name, "acquire") } = port;
    return blocking.acquireSync(wait);
  }
}
