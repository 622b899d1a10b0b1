import { ProcessError } from "../../../errors/errors.ts";
import { upTo, type Wait } from "../../../util/wait-options.ts";
import { LATE, within } from "../../../util/within.ts";
import type { BlockingCondition, ConditionPort } from "../../contract/condition.ts";
import { EBUSY, EMFILE } from "../library/errno.ts";
import { check } from "../library/result.ts";
import { NativeSyncPort } from "./sync-port.ts";

const MOST_NOTIFIED = 2 ** 31 - 1;
// The limit in milliseconds for which a wait that is over waits for another process in the middle of a call.
const LEAVE_LIMIT = 250;
const CANT_NOTIFY = "The condition can't be notified";

export class NativeCondition extends NativeSyncPort implements ConditionPort, BlockingCondition {
  get blocking(): BlockingCondition {
    return this;
  }

  async enter(): Promise<number> {
    return this.#entered(await this.handle.insistLater(() => this.shim.pp_condition_enter(this.index)));
  }

  enterSync(): number {
    return this.#entered(this.handle.insist(() => this.shim.pp_condition_enter(this.index)));
  }

  async notified(waiter: number, wait: Wait): Promise<boolean> {
    try {
      await this.until(wait, () => this.#isNotified(waiter));
    } catch (error) {
      void this.#passOn(waiter).catch(() => {});
      throw error;
    }
    const now = this.#tryLeave(waiter);
    if (now !== EBUSY) return this.handle.checked(now) === 1;
    const leaving = this.#leave(waiter);
    const left = await within(leaving, upTo(LEAVE_LIMIT));
    if (left !== LATE) return left;
    // Another process was stopped in the middle of a call. The waiter is removed once that process goes on.
    const notified = this.#isNotified(waiter) === true;
    void leaving.then((late) => (late && !notified ? this.notify(1) : undefined)).catch(() => {});
    return notified;
  }

  notifiedSync(waiter: number, wait: Wait): boolean {
    const leave = (): boolean => this.handle.insist(() => this.#tryLeave(waiter)) === 1;
    try {
      this.untilSync(wait, () => this.#isNotified(waiter));
    } catch (error) {
      if (leave()) this.notifySync(1);
      throw error;
    }
    return leave();
  }

  async notify(count: number): Promise<void> {
    check(await this.handle.insistLater(() => this.#tryNotify(count)), CANT_NOTIFY);
  }

  notifySync(count: number): void {
    check(
      this.handle.insist(() => this.#tryNotify(count)),
      CANT_NOTIFY,
    );
  }

  #entered(waiter: number): number {
    // The condition's memory has room for no further waiter.
    if (waiter === EMFILE) throw new ProcessError("1,024 calls wait for this condition, and no more can: use another condition.");
    return check(waiter, "The condition can't be waited for");
  }

  #isNotified(waiter: number): true | undefined {
    return this.handle.checked(this.shim.pp_condition_notified(this.index, waiter)) === 1 ? true : undefined;
  }

  // Both work as long as any port of this process has the condition open. Closing it removes the waiters.
  #tryNotify(count: number): number {
    return this.handle.inUse ? this.shim.pp_condition_notify(this.handle.index, Math.min(count, MOST_NOTIFIED)) : 0;
  }

  #tryLeave(waiter: number): number {
    return this.handle.inUse ? this.shim.pp_condition_leave(this.handle.index, waiter) : 0;
  }

  // A call that was aborted does not use its notification. If one has come, it is passed on, because another waiter may need it.
  async #passOn(waiter: number): Promise<void> {
    if (await this.#leave(waiter)) await this.notify(1);
  }

  // Removes the waiter. Returns whether it was notified.
  async #leave(waiter: number): Promise<boolean> {
    return (await this.handle.insistLater(() => this.#tryLeave(waiter))) === 1;
  }
}
