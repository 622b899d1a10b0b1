import type { Wait } from "../../util/wait-options.ts";
import type { Kind } from "./kind.ts";
import type { Grant } from "./lock.ts";
import type { WaitingPort } from "./port.ts";

export interface SemaphoreSettings {
  /** How many permits there are at first; of a bounded semaphore also at most. */
  readonly value: number;
  /** Whether the permits of a dead process come back. */
  readonly robust: boolean;
}

export interface SemaphorePort extends WaitingPort {
  /** Takes a permit. */
  acquire(wait: Wait): Promise<Grant>;
  /** Gives a permit back. */
  post(): Promise<void>;
  /** How many permits are there. */
  value(): Promise<number>;
  /** The blocking calls, where the backend has them. */
  readonly blocking?: BlockingSemaphore;
}

/** As the calls of {@link SemaphorePort}, blocking this thread. */
export interface BlockingSemaphore {
  acquireSync(wait: Wait): Grant;
  postSync(): void;
}

export const SEMAPHORE: Kind<SemaphorePort, SemaphoreSettings> = { name: "semaphore", label: "semaphore" };
export const BOUNDED_SEMAPHORE: Kind<SemaphorePort, SemaphoreSettings> = { name: "boundedSemaphore", label: "semaphore" };
