import type { Wait } from "../../util/wait-options.ts";
import type { Kind } from "./kind.ts";
import type { WaitingPort } from "./port.ts";

/** Those that wait for a condition. Its lock is an object of its own. */
export interface ConditionPort extends WaitingPort {
  /** Joins those that wait, and gives the waiter's number. */
  enter(): Promise<number>;
  /** Waits until this waiter is notified, and removes it from those that wait. False if it was not notified in time. */
  notified(waiter: number, wait: Wait): Promise<boolean>;
  /** Notifies those that have waited longest, `count` at most. */
  notify(count: number): Promise<void>;
  /** The blocking calls, where the backend has them. */
  readonly blocking?: BlockingCondition;
}

/** As the calls of {@link ConditionPort}, blocking this thread. */
export interface BlockingCondition {
  enterSync(): number;
  notifiedSync(waiter: number, wait: Wait): boolean;
  notifySync(count: number): void;
}

export const CONDITION: Kind<ConditionPort> = { name: "condition", label: "condition" };
