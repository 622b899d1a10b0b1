import { ProcessError } from "../../../errors/errors.ts";
import type { Wait } from "../../../util/wait-options.ts";
import type { BlockingCondition, ConditionPort } from "../../contract/condition.ts";
import { EMFILE } from "../library/errno.ts";
import { check } from "../library/result.ts";
import { NativeSyncPort } from "./sync-port.ts";

const MOST_NOTIFIED = 2 ** 31 - 1;

export class NativeCondition extends NativeSyncPort implements ConditionPort, BlockingCondition {
  get blocking(): BlockingCondition {
    return this;
  }

  async enter(): Promise<number> {
    return this.enterSync();
  }

  enterSync(): number {
    const waiter = this.handle.insist(() => this.shim.pp_condition_enter(this.index));
    // The condition's memory has room for no further waiter.
    if (waiter === EMFILE) throw new ProcessError("1,024 calls wait for this condition, and no more can: use another condition.");
    return check(waiter, "The condition can't be waited for");
  }

  async notified(waiter: number, wait: Wait): Promise<boolean> {
    try {
      await this.until(wait, () => this.#isNotified(waiter));
    } catch (error) {
      this.#passOn(waiter);
      throw error;
    }
    return this.#leave(waiter);
  }

  notifiedSync(waiter: number, wait: Wait): boolean {
    try {
      this.untilSync(wait, () => this.#isNotified(waiter));
    } catch (error) {
      this.#passOn(waiter);
      throw error;
    }
    return this.#leave(waiter);
  }

  async notify(count: number): Promise<void> {
    this.notifySync(count);
  }

  notifySync(count: number): void {
    check(
      this.handle.insist(() => this.shim.pp_condition_notify(this.index, Math.min(count, MOST_NOTIFIED))),
      "The condition can't be notified",
    );
  }

  #isNotified(waiter: number): true | undefined {
    return this.handle.checked(this.shim.pp_condition_notified(this.index, waiter)) === 1 ? true : undefined;
  }

  // A call that was aborted does not use its notification. If one has come, it is passed on, because another waiter may need it.
  #passOn(waiter: number): void {
    if (this.#leave(waiter)) this.notifySync(1);
  }

  // Removes the waiter. Returns whether it was notified.
  #leave(waiter: number): boolean {
    // Closing the condition has removed the waiter already.
    if (!this.handle.inUse) return false;
    return this.handle.insist(() => this.shim.pp_condition_leave(this.index, waiter)) === 1;
  }
}
