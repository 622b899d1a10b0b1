import type { Wait } from "../../util/wait-options.ts";
import type { Kind } from "./kind.ts";
import type { WaitingPort } from "./port.ts";

/**
 * The waiters of a condition. The condition's lock is an object of its own.
 *
 * @ignore
 */
export interface ConditionPort extends WaitingPort {
  /** Adds a waiter, and returns its number. */
  enter(): Promise<number>;
  /** Waits until this waiter is notified, and removes it. False if it was not notified in time. */
  notified(waiter: number, wait: Wait): Promise<boolean>;
  /** Notifies the waiters that have waited longest, at most `count` of them. */
  notify(count: number): Promise<void>;
  /** The blocking calls, if the backend has them. */
  readonly blocking?: BlockingCondition;
}

/** The calls of {@link ConditionPort} that block this thread. */
export interface BlockingCondition {
  enterSync(): number;
  notifiedSync(waiter: number, wait: Wait): boolean;
  notifySync(count: number): void;
}

export const CONDITION: Kind<ConditionPort> = { name: "condition", label: "condition" };
