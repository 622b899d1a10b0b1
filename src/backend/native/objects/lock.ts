import { notHeld, notHeldHere } from "../../../errors/messages.ts";
import { blocking } from "../../../util/blocking.ts";
import type { Wait } from "../../../util/wait-options.ts";
import { type BlockingLock, type Grant, type LockPort, RLOCK } from "../../contract/lock.ts";
import { EAGAIN, EPERM } from "../library/errno.ts";
import { check } from "../library/result.ts";
import { NativeSyncPort } from "./sync-port.ts";

export class NativeLock extends NativeSyncPort implements LockPort, BlockingLock {
  get blocking(): BlockingLock {
    return this;
  }

  async acquire(wait: Wait, depth = 1): Promise<Grant> {
    return (await this.until(wait, () => this.#try(depth, 0))) ?? "refused";
  }

  acquireSync(wait: Wait, depth = 1): Grant {
    return blocking(wait, (ms) => this.#try(depth, ms)) ?? "refused";
  }

  async unlock(all = false): Promise<number> {
    return this.unlockSync(all);
  }

  unlockSync(all = false): number {
    const released = this.handle.checked(this.shim.pp_lock_release(this.index, all ? 1 : 0));
    if (released === EPERM) throw this.handle.kind.name === RLOCK.name ? notHeldHere() : notHeld();
    return check(released, "The lock can't be released");
  }

  async held(): Promise<number> {
    return this.heldSync();
  }

  heldSync(): number {
    return this.shim.pp_lock_depth(this.index);
  }

  #try(depth: number, ms: number): Grant | undefined {
    const status = this.handle.checked(this.shim.pp_lock_acquire(this.index, depth, ms));
    if (status === EAGAIN) return undefined;
    return check(status, "The lock can't be acquired") === 1 ? "abandoned" : "granted";
  }
}
