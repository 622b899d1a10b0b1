import type { Wait } from "../../util/wait-options.ts";
import type { Kind } from "./kind.ts";
import type { WaitingPort } from "./port.ts";

/** The result of an acquisition. "refused": not in time. "abandoned": granted, and the previous holder died before it released. */
export type Grant = "refused" | "granted" | "abandoned";

/** A hold of a lock for a time that its holder prolongs again and again. It is lost if the holder can't do that. */
export interface Lease {
  /** It is larger than the token of every hold before. */
  readonly token: number;
  /** It is aborted when the hold is lost. */
  readonly lost: AbortSignal;
}

/** @ignore */
export interface LockPort extends WaitingPort {
  /** Acquires it; a recursive lock `depth` times (default 1). */
  acquire(wait: Wait, depth?: number): Promise<Grant>;
  /** Releases it once; with `all`, as often as this process acquired it. Returns how often it was released. */
  unlock(all?: boolean): Promise<number>;
  /** Returns how often this process has acquired it and not released it. */
  held(): Promise<number>;
  /** The lease by which this process holds it, if it does. Absent if the backend learns of deaths otherwise. */
  readonly lease?: Lease | undefined;
  /** The blocking calls, if the backend has them. */
  readonly blocking?: BlockingLock;
}

/** The calls of {@link LockPort} that block this thread. */
export interface BlockingLock {
  acquireSync(wait: Wait, depth?: number): Grant;
  unlockSync(all?: boolean): number;
  heldSync(): number;
}

export const LOCK: Kind<LockPort> = { name: "lock", label: "lock" };
export const RLOCK: Kind<LockPort> = { name: "rlock", label: "lock" };
