import type { Wait } from "../../util/wait-options.ts";
import type { Kind } from "./kind.ts";
import type { WaitingPort } from "./port.ts";

/** How an acquisition went. "refused": not in time. "abandoned": granted, and the last holder died with it. */
export type Grant = "refused" | "granted" | "abandoned";

export interface LockPort extends WaitingPort {
  /** Acquires it; a recursive lock `depth` times (default 1). */
  acquire(wait: Wait, depth?: number): Promise<Grant>;
  /** Releases it once; with `all`, as often as this process holds it. Gives how often it was released. */
  unlock(all?: boolean): Promise<number>;
  /** How often this process holds it. */
  held(): Promise<number>;
  /** The blocking calls, where the backend has them. */
  readonly blocking?: BlockingLock;
}

/** As the calls of {@link LockPort}, blocking this thread. */
export interface BlockingLock {
  acquireSync(wait: Wait, depth?: number): Grant;
  unlockSync(all?: boolean): number;
  heldSync(): number;
}

export const LOCK: Kind<LockPort> = { name: "lock", label: "lock" };
export const RLOCK: Kind<LockPort> = { name: "rlock", label: "lock" };
