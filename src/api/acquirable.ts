import type { Grant, LockPort } from "../backend/contract/lock.ts";
import type { SemaphorePort } from "../backend/contract/semaphore.ts";
import { notAcquired } from "../errors/messages.ts";
import { noSync, openPort, SharedObject } from "../objects/shared-object.ts";
import { type BlockOptions, checkWait } from "../util/wait-options.ts";
import { Held, HeldSync, type Releasable } from "./held.ts";

/** Tells a lock how an acquisition went that a condition made for it. Gives whether it was acquired. */
export let noteGrant: (object: Acquirable, grant: Grant) => boolean;

/** What locks and semaphores have in common: they are acquired and released. */
export abstract class Acquirable<P extends LockPort | SemaphorePort = LockPort | SemaphorePort>
  extends SharedObject<P>
  implements Releasable
{
  #abandoned = false;

  abstract release(): Promise<void>;
  abstract releaseSync(): void;

  /** Whether the last acquisition by this object took over from a process that died holding it: what it guards may be half changed. */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  /**
   * Waits until this process has acquired it.
   *
   * @param options `timeout` in ms, `signal`, `block`; default: wait for ever
   * @returns whether it was acquired in time
   * @throws {ClosedError} after `close()`, also while it waits
   * @throws {OwnerDiedError} on the portable backend, if the process that made it is gone
   */
  async acquire(options?: BlockOptions): Promise<boolean> {
    const port = openPort(this, "acquire");
    return this.noted(await port.acquire(checkWait(options)));
  }

  /** As `acquire`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  acquireSync(options?: BlockOptions): boolean {
    return this.noted(this.#takeSync("acquireSync", options));
  }

  /**
   * Acquires it for a block: `await using held = await lock.hold();`
   *
   * @param options `timeout` in ms, `signal`, `block`; default: wait for ever
   * @throws {TimeoutError} if it could not be acquired in time
   */
  async hold(options?: BlockOptions): Promise<Held> {
    const port = openPort(this, "hold");
    const grant = await port.acquire(checkWait(options));
    if (!this.noted(grant)) throw notAcquired();
    return new Held(this, grant === "abandoned");
  }

  /** As `hold`, blocking this thread: `using held = lock.holdSync();` Native backend; on the portable one `UnsupportedError`. */
  holdSync(options?: BlockOptions): HeldSync {
    const grant = this.#takeSync("holdSync", options);
    if (!this.noted(grant)) throw notAcquired();
    return new HeldSync(this, grant === "abandoned");
  }

  /** Notes how an acquisition went. Gives whether it was acquired. */
  protected noted(grant: Grant): boolean {
    if (grant !== "refused") this.#abandoned = grant === "abandoned";
    return grant !== "refused";
  }

  static {
    noteGrant = (object, grant) => object.noted(grant);
  }

  #takeSync(name: string, options: BlockOptions | undefined): Grant {
    const port: LockPort | SemaphorePort = openPort(this, name);
    const { blocking = noSync(name, "acquire") } = port;
    return blocking.acquireSync(checkWait(options));
  }
}
