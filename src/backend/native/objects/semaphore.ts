import { tooManyReleased } from "../../../errors/messages.ts";
import type { Wait } from "../../../util/wait-options.ts";
import type { Grant } from "../../contract/lock.ts";
import type { BlockingSemaphore, SemaphorePort, SemaphoreSettings } from "../../contract/semaphore.ts";
import { EAGAIN, EOVERFLOW } from "../library/errno.ts";
import { check } from "../library/result.ts";
import { NativeSyncPort } from "./sync-port.ts";

const BOUNDED = 1;
const ROBUST = 2;

export class NativeSemaphore extends NativeSyncPort implements SemaphorePort, BlockingSemaphore {
  /** Returns the settings in the form in which `pp_sync_make` takes them. */
  static settings({ value, robust }: SemaphoreSettings, isBounded: boolean): [number, number] {
    return [value, (isBounded ? BOUNDED : 0) | (robust ? ROBUST : 0)];
  }

  get blocking(): BlockingSemaphore {
    return this;
  }

  async acquire(wait: Wait): Promise<Grant> {
    return (await this.until(wait, () => this.#try())) ?? "refused";
  }

  acquireSync(wait: Wait): Grant {
    return this.untilSync(wait, () => this.#try()) ?? "refused";
  }

  async post(): Promise<void> {
    this.#released(await this.handle.insistLater(() => this.shim.pp_semaphore_release(this.index)));
  }

  postSync(): void {
    this.#released(this.handle.insist(() => this.shim.pp_semaphore_release(this.index)));
  }

  async value(): Promise<number> {
    return check(await this.handle.insistLater(() => this.shim.pp_semaphore_value(this.index)), "The semaphore can't be looked at");
  }

  #released(status: number): void {
    if (status === EOVERFLOW) throw tooManyReleased();
    check(status, "The semaphore can't be released");
  }

  #try(): Grant | undefined {
    const status = this.handle.checked(this.shim.pp_semaphore_acquire(this.index));
    if (status !== EAGAIN) check(status, "The semaphore can't be acquired");
    else if (this.shim.pp_sync_sweep(this.index) !== 1) return undefined;
    // The sweep has returned permits of dead processes, so a second attempt may succeed.
    else if (this.handle.checked(this.shim.pp_semaphore_acquire(this.index)) !== 0) return undefined;
    return "granted";
  }
}
