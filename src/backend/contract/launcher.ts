import type { Command, Exit, OsProcess } from "../../runtime/contract.ts";
import type { ChildMembership } from "../../tree/tree.ts";
import type { Message } from "./message.ts";

/**
 * The reports of a child to its parent. "waiting" says that a spare waits for its job, and "started" that the child has its arguments. The
 * others say how its target ended.
 */
export type ReportKind = "waiting" | "started" | "result" | "error";

export const REPORT_KINDS: ReadonlySet<unknown> = new Set<ReportKind>(["waiting", "started", "result", "error"]);

/** Handles a child's report. When the promise settles, the child is told that the report arrived. */
export type ReportListener = (kind: ReportKind, message: Message) => Promise<void> | void;

/** Resource limits of a child. They need the native backend. A limit that is not given is the same as in this process. */
export interface Limits {
  /** The largest size of the child's data in bytes. It sets `RLIMIT_DATA`, and the heap limit of the engine where it has one. */
  readonly memory?: number;
  /** The processor time in milliseconds, rounded up to seconds. SIGXCPU ends a process that uses more. */
  readonly cpuTime?: number;
  /** The largest number of open file descriptors. */
  readonly openFiles?: number;
  /** A number that is added to this process's nice value. A negative number needs privileges. */
  readonly nice?: number;
  /** The numbers, from 0, of the processors on which the child may run. */
  readonly cpus?: readonly number[];
}

/** The parent's side of the channel between a parent and one child. */
export interface ParentChannel {
  /** Sends the bytes of frames. If the child is gone, this does nothing. */
  write(bytes: Uint8Array): void;
  /**
   * Calls the listener for each report of the child from now on. The result travels in the job frame, and the child passes it to
   * `reporter`.
   */
  listen(listener: ReportListener): unknown;
  /**
   * Resolves when no more reports can come from the child. By then the child's waiting requests are withdrawn, and the locks and the like
   * that it held in this process are free.
   */
  closed(): Promise<void>;
  /** Releases the channel's resources. */
  release(): void;
  /** The blocking calls, if the backend has them. */
  readonly blocking?: BlockingChannel;
}

export interface BlockingChannel {
  /** Returns how the child ended, once that and all its reports are known. */
  exitSync(): Exit | undefined;
  /** Blocks this thread until a report or the end of the child may have come, at most `ms` milliseconds. */
  pumpSync(ms: number): void;
}

/** A frame for a spare: a question whether it waits for its job, or the job. */
export interface SpareFrame extends JobFrame {
  readonly op: number;
}

/** A child's job: plain data, and a message with the target's arguments. */
export interface JobFrame {
  readonly meta?: unknown;
  readonly message?: Message | undefined;
}

/** The child's side of the channel. */
export interface ChildChannel {
  /** Resolves when the parent is gone. A child that is not detached is about to end then. */
  readonly parentGone: Promise<void>;
  /** Whether a report leaves only when the event loop runs. Otherwise it leaves even if the target blocks the event loop. */
  readonly needsEventLoop: boolean;
  /** Waits for the next frame to a child that was started before its job was known. */
  nextFrame(): Promise<SpareFrame>;
  /** Returns the port for reports. `reportTo` is the result of the parent's `listen`. */
  reporter(reportTo: unknown): ReportPort;
}

export interface ReportPort {
  /** Resolves when the parent has dealt with the report, or is gone. */
  report(kind: ReportKind, message: Message): Promise<void>;
}

/** A child that was started. */
export interface Launched {
  readonly process: OsProcess;
  /** Rejects if the child's program can't be run. */
  readonly started: Promise<void>;
  readonly channel: ParentChannel;
  /** Data for `openInChild` of the backend in the child. It travels in the boot frame. */
  readonly forChild: unknown;
}

/** The options of a start that concern the system's process, and not the program in it. */
export interface StartOptions {
  readonly limits: Limits | undefined;
  /** Whether the child lives on when this process ends. */
  readonly detached: boolean;
}

/** The facts about a child that decide whether a launcher can start it. */
export interface LaunchTarget {
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the child's runtime and permissions let it load a native library. */
  readonly loadsLibrary: boolean;
}

/** The part of a child's settings that `connect` needs. */
export interface ChildSettings extends Pick<ChildMembership, "membership" | "orphaned"> {
  /** Whether the child lives on when its parent dies. */
  readonly detached: boolean;
}

/**
 * Starts children, and provides the channel on which a parent and its child exchange the job, the reports and the news of each other's end.
 */
export interface Launcher {
  /** Whether this launcher can start such a child. */
  canStart(target: LaunchTarget): boolean;
  /** Starts a child. Rejects if that fails, or if this process can't host shared objects. */
  start(command: Command, options: StartOptions): Promise<Launched>;
  /** In a child: takes over the channel to the parent. The boot frame, and the job frame if it is there, have been read before. */
  connect(settings: ChildSettings): ChildChannel | Promise<ChildChannel>;
}
