import type { Command, Exit, OsProcess } from "../../runtime/contract.ts";
import type { ChildMembership } from "../../tree/tree.ts";
import type { Message } from "./message.ts";

/** What a child tells its parent: that it has what it needs, then how its target ended. */
export type ReportKind = "started" | "result" | "error";

export const REPORT_KINDS: ReadonlySet<unknown> = new Set<ReportKind>(["started", "result", "error"]);

/** Hears what a child reports. The child is told that the report arrived when the promise settles. */
export type ReportListener = (kind: ReportKind, message: Message) => Promise<void> | void;

/** Resource limits of a child: native backend only. */
export interface Limits {
  /** Bytes of data the process may have: `RLIMIT_DATA`, and the engine's own limit of its heap. */
  readonly memory?: number;
  /** Milliseconds of processor time, rounded up to seconds; SIGXCPU ends a process that uses more. */
  readonly cpuTime?: number;
  /** How many descriptors it may have open. */
  readonly openFiles?: number;
  /** Added to this process's niceness; lowering it needs privileges. */
  readonly nice?: number;
  /** The numbers of the processors that it may run on, from 0. */
  readonly cpus?: readonly number[];
}

/** The parent's side of the channel between a parent and one child. */
export interface ParentChannel {
  /** Sends bytes of frames. A child that is gone is no error. */
  write(bytes: Uint8Array): void;
  /** Hears the child's reports from now on. Gives what the child's side needs to report, which travels in the job frame. */
  listen(listener: ReportListener): unknown;
  /** Resolves when the child can report no more. What it waited for and held in this process is free then. */
  closed(): Promise<void>;
  /** Lets go of what belongs to the channel. */
  release(): void;
  /** The blocking calls, where the backend has them. */
  readonly blocking?: BlockingChannel;
}

export interface BlockingChannel {
  /** How the child ended, once that and all its reports are known. */
  exitSync(): Exit | undefined;
  /** Blocks this thread until something of the child may have come, `ms` at most. */
  pumpSync(ms: number): void;
}

/** What a child is to do: plain data, and a message with the target's arguments. */
export interface JobFrame {
  readonly meta?: unknown;
  readonly message?: Message | undefined;
}

/** The child's side of the channel. */
export interface ChildChannel {
  /** Resolves when the parent is gone. Only a detached child lives to see it. */
  readonly parentGone: Promise<void>;
  /** Whether reports leave only while the event loop turns. Otherwise they leave even while the target computes. */
  readonly needsEventLoop: boolean;
  /** The job of a child that was started ahead of it. */
  nextJob(): Promise<JobFrame>;
  /** How to report; `reportTo` is what the parent's `listen` gave. */
  reporter(reportTo: unknown): ReportPort;
}

export interface ReportPort {
  /** Resolves when the parent has dealt with the report, or is gone. */
  report(kind: ReportKind, message: Message): Promise<void>;
}

/** A child that was started. */
export interface Launched {
  readonly process: OsProcess;
  /** Rejects if its program can't be run. */
  readonly started: Promise<void>;
  readonly channel: ParentChannel;
  /** What the backend needs to know in the child. It travels in the boot frame. */
  readonly forChild: unknown;
}

/** What decides whether a launcher can start a child. */
export interface LaunchTarget {
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the child's runtime and permissions let it load a native library. */
  readonly loadsLibrary: boolean;
}

/** What a child knows of its membership in the tree when it connects. */
export interface ChildSettings extends Pick<ChildMembership, "membership" | "orphaned"> {
  /** Whether the child lives on when its parent dies. */
  readonly detached: boolean;
}

/** How children come about, and how a parent and a child talk about the child's life. */
export interface Launcher {
  /** Whether it can start such a child. */
  canStart(target: LaunchTarget): boolean;
  /** Starts a child. Rejects if that fails, or if this process can't host shared objects. */
  start(command: Command, limits: Limits | undefined): Promise<Launched>;
  /** In a child: takes over the channel to the parent, after the frames that were there have been read. The target runs after that. */
  connect(settings: ChildSettings): ChildChannel | Promise<ChildChannel>;
}
