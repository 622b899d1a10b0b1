import type { Message } from "../backend/contract/message.ts";
import type { QueuePort } from "../backend/contract/queue.ts";
import type { Ref } from "../backend/contract/ref.ts";
import type { TargetRef } from "../target/target.ts";
import type { ParentMark } from "./marks.ts";
import type { PoolSettings } from "./options.ts";

/** How a worker ended. */
export interface WorkerEnding {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The error that ended it, if one did. */
  readonly error: unknown;
  /** The last lines of its stderr, if that is a pipe. */
  readonly stderr: string | undefined;
}

/** One worker, as its pool uses it. */
export interface WorkerLink {
  readonly name: string;
  readonly pid: number | null;
  /** The name of its runtime. Without it, that of the pool's workers. */
  readonly runtime?: string | undefined;
  readonly mark: ParentMark;
  /** Resolves when it has a place to run. The time of its start counts from then on. Without it, it has one at once. */
  readonly placed?: Promise<void>;
  /** Whether it waits for a place. */
  readonly isWaiting?: boolean;
  /** Resolves when the worker has ended, and everything that it sent is in the queue of results. It never rejects. */
  readonly ended: Promise<WorkerEnding>;
  /**
   * Sends a message to the worker. The messages arrive in their order. Throws or rejects if there is no memory for it. Without a promise it
   * is sent, and its bytes are not needed any more.
   */
  send(message: Message): Promise<void> | undefined;
  terminate(): void;
  kill(): void;
  /** Releases what belongs to the worker, after its end. */
  close(): void;
}

/** The queue of what the workers send, as a pool uses it. */
export type ResultsPort = Pick<QueuePort, "get" | "getLent" | "getNow" | "put">;

/** A task that is given up, because its worker died and it may not run again. */
export interface LostTask {
  readonly target: TargetRef | undefined;
  /** The kind of the entry that carried it: see `Kind`. */
  readonly kind: number;
  /** Its encoded arguments, as in an entry of that kind. */
  readonly args: Uint8Array;
  /** Its encoded named arguments, if it has some. */
  readonly kwargs: Uint8Array | undefined;
  /** What was called in its worker before. */
  readonly initializer: TargetRef | undefined;
  readonly attempts: number;
  readonly error: Error;
}

/** Gives a pool its workers. They may be processes of this host, or of another one. */
export interface WorkerSource {
  /** All workers put what they send into this queue. */
  readonly results: ResultsPort;
  /** Whether a worker may have tasks behind the one that it runs. They can be taken back from a worker on this host only. */
  readonly sendsAhead: boolean;
  /** Returns how the workers find a target. Throws if they can't. Without it, they find it as it is. */
  nameFor?(ref: TargetRef): TargetRef;
  /**
   * Throws if a message with these shared objects can't go to the workers. A message that many tasks need is checked before it is sent. Without it,
   * all can go.
   */
  checkRefs?(refs: readonly Ref[]): void;
  /** Called when a task is given up. */
  lost?(task: LostTask): void;
  /** Starts a worker. */
  start(worker: number): WorkerLink;
  close(): void;
}

/** Makes the source of a pool's workers. */
export type SourceMaker = (settings: PoolSettings) => WorkerSource;

const maker = Symbol("workers");

/** Lets the pools of a class get their workers from elsewhere than from this host. */
export function bindWorkers<C extends object>(Class: C, make: SourceMaker): C {
  return Object.defineProperty(Class, maker, { value: make });
}

/** Returns what makes the source of workers for the pools of a class, if it is bound. */
export function boundWorkers(Class: object): SourceMaker | undefined {
  return (Class as { readonly [maker]?: SourceMaker })[maker];
}
