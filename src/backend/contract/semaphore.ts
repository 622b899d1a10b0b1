import type { Wait } from "../../util/wait-options.ts";
import type { Kind } from "./kind.ts";
import type { Grant } from "./lock.ts";
import type { WaitingPort } from "./port.ts";

export interface SemaphoreSettings {
  /** The number of permits at first. For a bounded semaphore it is also the largest number. */
  readonly value: number;
  /** Whether the semaphore gets back the permits of a process that dies. */
  readonly robust: boolean;
}

/** @ignore */
export interface SemaphorePort extends WaitingPort {
  /** Takes a permit. */
  acquire(wait: Wait): Promise<Grant>;
  /** Gives a permit back. */
  post(): Promise<void>;
  /** Returns the number of free permits. */
  value(): Promise<number>;
  /** The blocking calls, if the backend has them. */
  readonly blocking?: BlockingSemaphore;
}

/** The calls of {@link SemaphorePort} that block this thread. */
export interface BlockingSemaphore {
  acquireSync(wait: Wait): Grant;
  postSync(): void;
}

export const SEMAPHORE: Kind<SemaphorePort, SemaphoreSettings> = { name: "semaphore", label: "semaphore" };
export const BOUNDED_SEMAPHORE: Kind<SemaphorePort, SemaphoreSettings> = { name: "boundedSemaphore", label: "semaphore" };
