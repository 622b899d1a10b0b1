import type { Message } from "../backend/contract/message.ts";
import type { TargetRef } from "../target/target.ts";
import type { LaunchSettings } from "./launch.ts";
import type { RunningChild } from "./running-child.ts";

/** What is known of a job before its child exists. A child on another host needs it for its start. */
export interface ComingJob {
  readonly target: TargetRef | null;
  /** What the `run` that a subclass inherits calls. */
  readonly inherited: TargetRef | null;
  readonly message: Message;
  /** Ends the wait for a host that takes the child. */
  readonly signal: AbortSignal | undefined;
  /** Resolves when the program kills the process. */
  readonly killed: Promise<void>;
}

/** Plans the start of a child with the surroundings of this moment. The function that it returns starts the child. */
export type Planner = (settings: LaunchSettings) => (coming: ComingJob) => Promise<RunningChild>;
