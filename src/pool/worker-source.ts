import type { Message } from "../backend/contract/message.ts";
import type { QueuePort } from "../backend/contract/queue.ts";
import type { ParentMark } from "./marks.ts";

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
  readonly mark: ParentMark;
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

/** Gives a pool its workers. They may be processes of this host, or of another one. */
export interface WorkerSource {
  /** All workers put what they send into this queue. */
  readonly results: QueuePort;
  /** Starts a worker. */
  start(worker: number): WorkerLink;
  close(): void;
}
