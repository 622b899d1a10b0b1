import type { Launched, ReportListener } from "../backend/contract/launcher.ts";
import type { Message } from "../backend/contract/message.ts";
import type { Frame } from "../codec/frame.ts";
import { encodeFrame } from "../codec/frame-writer.ts";
import { Op } from "../codec/op.ts";
import { observedByChild } from "../observe/observers.ts";
import type { Exit } from "../runtime/contract.ts";
import type { CountingFile } from "../tree/counting.ts";
import type { ChildMembership } from "../tree/tree.ts";
import { join } from "../util/bytes.ts";
import { os } from "../util/lazy-modules.ts";
import { upTo } from "../util/wait-options.ts";
import { endsWithin } from "../util/within.ts";
import { debuggingOfChild } from "./debugging.ts";
import type { Job, OwnJob, Question } from "./job.ts";
import { type ChildOutput, readOutput } from "./output.ts";
import { type BlockingChild, type Ending, type RunningChild, UNKNOWN_EXIT } from "./running-child.ts";

/** Up to this number of bytes, the frames of a start leave in one write. More would not fit into a pipe at once. */
const ONE_WRITE = 1 << 16;

/** The limit in milliseconds for reading the rest of a dead child's piped stderr. */
const STDERR_LIMIT = 500;

/** The limit in milliseconds for the news that a dead child's channel is closed. It is on its way when the process has ended. */
const CHANNEL_LIMIT = 1000;

/** A child process of this host. */
export class Child implements RunningChild, BlockingChild {
  readonly pid: number;
  readonly isFar = false;
  readonly stdout: ReadableStream<Uint8Array> | null;
  readonly stderr: ReadableStream<Uint8Array> | null;
  readonly ended: Promise<Ending>;
  /** Counts the child among the living processes of the tree. */
  readonly counting: CountingFile;
  readonly #launched: Launched;
  // The child's reports go to one listener for all its life, so that it can answer before it has its job.
  #listener: ReportListener = () => {};
  #reportTo: { readonly value: unknown } | undefined;

  // The bytes that go to the child before anything else. They leave together with the first frame: where pipes are written in the background,
  // as on Windows, only the first write leaves before this process's event loop runs again.
  #opening: readonly Uint8Array[];

  constructor(launched: Launched, { counting, tidy }: ChildMembership, opening: readonly Uint8Array[]) {
    const { process, channel } = launched;
    const stdout = process.stdout === null ? undefined : readOutput(process.stdout);
    const stderr = process.stderr === null ? undefined : readOutput(process.stderr);
    this.#launched = launched;
    this.#opening = opening;
    this.counting = counting;
    this.pid = process.pid;
    this.stdout = stdout?.stream ?? null;
    this.stderr = stderr?.stream ?? null;
    this.ended = process.exited.then(async (exit): Promise<Ending> => {
      tidy();
      stdout?.finish();
      stderr?.finish();
      // Wait until the channel is closed. Then the dead child has no locks, items or waiting requests in this process any more.
      await endsWithin(channel.closed(), upTo(CHANNEL_LIMIT));
      channel.release();
      return endingOf(exit, await lastLines(stderr));
    });
  }

  kill(signal: "SIGTERM" | "SIGKILL"): void {
    this.#launched.process.kill(signal);
  }

  /** Asks a spare, and resolves when it replies that it waits for its job. It never replies if it is stopped, or has ended. */
  isWaiting(): Promise<void> {
    return new Promise((resolve) => {
      const reportTo = this.#listen((kind) => {
        if (kind === "waiting") resolve();
      });
      this.#send({ op: Op.ask, id: 0, object: 0, meta: { reportTo } satisfies Question });
    });
  }

  work(job: OwnJob, message: Message, listener: ReportListener): void {
    const reportTo = this.#listen(listener);
    this.#send({
      op: Op.job,
      id: 0,
      object: 0,
      meta: { ...job, reportTo, observed: observedByChild(), debugging: debuggingOfChild() } satisfies Job,
      message,
    });
  }

  #listen(listener: ReportListener): unknown {
    this.#listener = listener;
    this.#reportTo ??= { value: this.#launched.channel.listen((kind, message) => this.#listener(kind, message)) };
    return this.#reportTo.value;
  }

  #send(frame: Frame): void {
    const pieces = [...this.#opening, ...encodeFrame(frame)];
    this.#opening = [];
    const size = pieces.reduce((sum, { length }) => sum + length, 0);
    for (const piece of size <= ONE_WRITE ? [join(pieces)] : pieces) this.#launched.channel.write(piece);
  }

  get blocking(): BlockingChild | undefined {
    return this.#launched.channel.blocking === undefined ? undefined : this;
  }

  endingSync(): Ending | undefined {
    const exit = this.#launched.channel.blocking?.exitSync();
    return exit && endingOf(exit, "");
  }

  pumpSync(ms: number): void {
    this.#launched.channel.blocking?.pumpSync(ms);
  }
}

async function lastLines(stderr: ChildOutput | undefined): Promise<string> {
  if (stderr === undefined) return "";
  // The limit is needed because a child of the dead child may keep the pipe open.
  await endsWithin(stderr.ended, upTo(STDERR_LIMIT));
  return stderr.tail();
}

function endingOf({ code, signal }: Exit, stderr: string): Ending {
  if (signal === null) return { exitCode: code ?? UNKNOWN_EXIT, isKnown: code !== null, signal, stderr };
  const named = (os().constants.signals as Readonly<Record<string, number>>)[signal];
  const number = named ?? Number(/^SIG(\d+)$/.exec(signal)?.[1] ?? Number.NaN);
  return Number.isNaN(number)
    ? { exitCode: UNKNOWN_EXIT, isKnown: false, signal, stderr }
    : { exitCode: -number, isKnown: true, signal, stderr };
}
