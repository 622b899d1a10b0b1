import type { ReportListener } from "../backend/contract/launcher.ts";
import type { Message } from "../backend/contract/message.ts";
import type { OwnJob } from "./job.ts";

/** The end of a child. */
export interface Ending {
  /** The exit code, or minus the signal's number if a signal killed the child, as in Python. 255 if the system does not tell. */
  readonly exitCode: number;
  /** Whether the system told how the child ended. */
  readonly isKnown: boolean;
  readonly signal: string | null;
  /** The last lines of its stderr, if that is piped. */
  readonly stderr: string;
  /** Why a child on another host counts as ended although nobody told its end. */
  readonly lost?: string | undefined;
}

/** The exit code of a child whose end is not known. */
export const UNKNOWN_EXIT = 255;

/** The calls of a child whose channel has blocking calls. */
export interface BlockingChild {
  /** Returns how the child ended, once that and all its reports are known. */
  endingSync(): Ending | undefined;
  /** Blocks this thread until a message of the child may have come, for `ms` at most. */
  pumpSync(ms: number): void;
}

/** A child that exists, as the process that started it uses it. */
export interface RunningChild {
  readonly pid: number;
  /** Whether it runs on another host. */
  readonly isFar: boolean;
  readonly stdout: ReadableStream<Uint8Array> | null;
  readonly stderr: ReadableStream<Uint8Array> | null;
  /** Settles exactly once, after all reports were heard; never rejects. */
  readonly ended: Promise<Ending>;
  /** The child itself, if its channel has blocking calls. */
  readonly blocking: BlockingChild | undefined;
  /** Does nothing once the child has ended. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
  /** Sends the child its job, and calls the listener for each of its reports. */
  work(job: OwnJob, message: Message, listener: ReportListener): void;
}
