import type { Lease, LockPort } from "../backend/contract/lock.ts";
import { StateError } from "../errors/errors.ts";
import { adopt, openPort, portOf } from "../objects/shared-object.ts";
import type { BlockOptions } from "../util/wait-options.ts";
import { Held, type Releasable } from "./held.ts";
import { Lock } from "./lock.ts";
import { RLock } from "./rlock.ts";

/**
 * The `Lock` of a cluster. Its holder is the connection that acquired it, and no other one can release it. The holder has it by a lease, which it
 * renews by itself. If it can't, because it died, was stopped, or was cut off from the servers, the next one gets the lock as `abandoned`. A
 * holder that is only slow learns that by `lost`. What must not be changed by two holders at once checks their `token`.
 *
 * @example
 * ```ts
 * const mp = await connectCluster({ servers: "nats://127.0.0.1:4222", namespace: "shop" });
 * const lock = new mp.Lock({ name: "stock" });
 * {
 *   await using held = await lock.hold({ timeout: 1000 });
 *   console.log(held.token > 0, held.abandoned, held.lost.aborted); // true false false
 * }
 * await mp.close();
 * ```
 */
export class ClusterLock extends Lock {
  /** @internal */
  static override adopt(port: LockPort): ClusterLock {
    return adopt(port, () => new ClusterLock());
  }

  /**
   * A number that is larger than the token of each holder before. Who takes orders from holders refuses a token smaller than one it has seen.
   * `undefined` if this process does not hold the lock.
   */
  get token(): number | undefined {
    return leaseOf(this)?.token;
  }

  /** A signal that is aborted when this process loses the lock that it holds now. `undefined` if it does not hold the lock. */
  get lost(): AbortSignal | undefined {
    return leaseOf(this)?.lost;
  }

  /**
   * Releases the lock.
   *
   * @throws {StateError} if this process does not hold it, or has lost it
   * @throws {TimeoutError} if no server confirms it: call it again
   * @throws {ClosedError} after `close()`
   */
  override async release(): Promise<void> {
    await super.release();
  }

  /**
   * Acquires the lock until the end of a block: `await using held = await lock.hold();`
   *
   * @param options `timeout` in ms, `signal`, `block`; default: wait for ever
   * @throws {TimeoutError} if it could not be acquired in time
   * @throws {ClosedError} after `close()`, also if `close()` is called during the wait
   */
  override async hold(options?: BlockOptions): Promise<ClusterHeld> {
    return new ClusterHeld(this, (await super.hold(options)).abandoned, openLease(this));
  }
}

/**
 * The `RLock` of a cluster: a {@link ClusterLock} that its holder may acquire again, and must release as often. All tasks of a process share it.
 *
 * @example
 * ```ts
 * const mp = await connectCluster({ servers: "nats://127.0.0.1:4222", namespace: "shop" });
 * const lock = new mp.RLock({ name: "stock" });
 * await lock.acquire();
 * await lock.acquire();
 * await lock.release();
 * await lock.release();
 * await mp.close();
 * ```
 */
export class ClusterRLock extends RLock {
  /** @internal */
  static override adopt(port: LockPort): ClusterRLock {
    return adopt(port, () => new ClusterRLock());
  }

  /** Like {@link ClusterLock.token}. */
  get token(): number | undefined {
    return leaseOf(this)?.token;
  }

  /** Like {@link ClusterLock.lost}. */
  get lost(): AbortSignal | undefined {
    return leaseOf(this)?.lost;
  }

  /** Like {@link ClusterLock.hold}. */
  override async hold(options?: BlockOptions): Promise<ClusterHeld> {
    return new ClusterHeld(this, (await super.hold(options)).abandoned, openLease(this));
  }
}

/**
 * A lock of a cluster that was acquired by `hold()`. It is released at the end of the block.
 *
 * @example
 * ```ts
 * const mp = await connectCluster({ servers: "nats://127.0.0.1:4222", namespace: "shop" });
 * const lock = new mp.Lock({ name: "stock" });
 * const held = await lock.hold();
 * console.log(held.token === lock.token); // true
 * await held.release();
 * await mp.close();
 * ```
 */
export class ClusterHeld extends Held {
  /** Like {@link ClusterLock.token}, for this hold. */
  readonly token: number;
  /** Like {@link ClusterLock.lost}, for this hold. */
  readonly lost: AbortSignal;

  /** @ignore Called by `hold()`. */
  constructor(object: Releasable, abandoned: boolean, { token, lost }: Lease) {
    super(object, abandoned);
    this.token = token;
    this.lost = lost;
  }

  /**
   * Releases the lock. A second call does nothing.
   *
   * @throws {StateError} if this process has lost it
   */
  override async release(): Promise<void> {
    // Another task of this process may have acquired the lock since.
    if (this.lost.aborted) throw this.lost.reason;
    await super.release();
  }
}

function leaseOf(lock: Lock | RLock): Lease | undefined {
  return portOf<LockPort>(lock).lease;
}

function openLease(lock: Lock | RLock): Lease {
  const { lease } = openPort<LockPort>(lock, "hold");
  if (lease === undefined)
    throw new StateError("The lock was acquired, and lost at once: this process does not reach the servers in time.");
  return lease;
}
