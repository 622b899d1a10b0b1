import { CorruptedError } from "../errors/errors.ts";
import type { Observed } from "../observe/observers.ts";
import type { TargetRef } from "../target/target.ts";
import type { Membership } from "../tree/tree.ts";
import type { TreeLimits } from "./tree-limits.ts";

/** The first frame on a child's stdin: its membership in the tree. */
export interface Boot {
  readonly version: string;
  readonly membership: Membership;
  /** The paths that the child removes when its parent dies. */
  readonly orphaned: readonly string[];
  /** The backend whose launcher started the child, and the data that this backend needs in the child. */
  readonly backend: string;
  readonly forChild: unknown;
  /** Whether the child lives on when its parent dies. */
  readonly detached: boolean;
  readonly depth: number;
  readonly parentPid: number;
  /** Modules to import ahead of the job. */
  readonly preload: readonly string[];
  /** Whether the job comes later, through the channel. */
  readonly spare: boolean;
}

/** A frame that asks a spare child whether it waits for its job. The child reports "waiting". */
export interface Question {
  readonly reportTo: unknown;
}

/** The last frame: the child's job. The frame's message is {@link JobArguments}. */
export interface Job {
  readonly name: string;
  readonly identity: readonly number[];
  readonly daemon: boolean;
  readonly parentName: string;
  readonly startMethod: string;
  readonly treeLimits: TreeLimits;
  /** The data that the child's side of the channel needs to send reports. */
  readonly reportTo: unknown;
  readonly target: TargetRef | null;
  /** Whether the target is a subclass of Process, whose `run` the child must call. */
  readonly subclass: boolean;
  /** What the `run` that the subclass inherits calls. */
  readonly inherited: TargetRef | null;
  /** Whether the process that asked for it is on another host, where no shared object can go. */
  readonly isFar: boolean;
  /** The log and the trace that the child goes on with. */
  readonly observed: Observed;
  /** Whether the parent runs under a debugger, and so the child, too. */
  readonly debugging: Debugging | undefined;
}

/** "attach": a debugger may connect. "wait": the child has waited for one, and stops once more before it calls its target. */
export type Debugging = "attach" | "wait";

/** What a job consists of before it is sent. */
export type OwnJob = Omit<Job, "reportTo" | "observed" | "debugging">;

/** The values that travel to the child with its job. */
export interface JobArguments {
  readonly args: readonly unknown[];
  readonly kwargs: object | undefined;
  /** The own fields of an instance of a subclass. */
  readonly self: object | undefined;
}

/** The value of a "result" or "error" report. */
export interface Outcome {
  readonly value?: unknown;
  readonly error?: unknown;
  readonly runtime: string;
}

/** Checks the value of a report, which came from a child. */
export function checkOutcome(value: unknown): Outcome {
  if (typeof value === "object" && value !== null) return value as Outcome;
  throw new CorruptedError("A child sent a report that is not valid: it runs another version of polyproc, or its memory is corrupted.");
}
