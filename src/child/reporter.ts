import type { ReportPort } from "../backend/contract/launcher.ts";
import { flushed } from "../backend/registry.ts";
import { BrokenPipeError, EOFError, OwnerDiedError, SerializationError, StateError } from "../errors/errors.ts";
import type { Outcome } from "../launch/job.ts";
import { type Packed, pack, packReport } from "../objects/message.ts";
import { writeStderr } from "../observe/stderr.ts";
import { runtime } from "../runtime/current.ts";
import { describe } from "../util/describe.ts";
import { util } from "../util/lazy-modules.ts";
import { isOrphan, untilTheEnd } from "../util/orphan.ts";
import { upTo } from "../util/wait-options.ts";
import { endsWithin } from "../util/within.ts";

/**
 * The limit in milliseconds for which a child that failed waits for its own puts. A put that waits for room must not keep the child alive.
 */
const FLUSH_LIMIT = 1000;

/** The limit in milliseconds for the news of the parent's end, after a connection that the parent may have had was closed. */
const NEWS_LIMIT = 50;

const CLOSED: ReadonlySet<unknown> = new Set(["EPIPE", "ECONNRESET"]);

/** Reports the progress of the child to its parent, and errors to stderr too. */
export class Reporter {
  readonly #name: string;
  readonly #port: ReportPort;
  readonly #parentGone: Promise<void>;
  readonly #isFar: boolean;
  #settled = false;

  /**
   * @param parentGone resolves when the parent is gone
   * @param isFar whether the reports go to another host
   */
  constructor(name: string, port: ReportPort, parentGone: Promise<void>, isFar: boolean) {
    this.#isFar = isFar;
    this.#parentGone = parentGone;
    this.#name = name;
    this.#port = port;
  }

  /** Makes uncaught errors end the child, unless the program handles them itself. */
  catchUncaught(): void {
    for (const event of ["uncaughtException", "unhandledRejection"] as const) {
      process.on(event, (error: unknown) => {
        if (process.listenerCount(event) === 1) void this.uncaught(error);
      });
    }
    process.on("beforeExit", () => {
      if (!this.#settled)
        void this.uncaught(new StateError(`${this.#name} can never end its work: nothing is left that its target could wait for.`));
    });
  }

  /** Reports that the child has its arguments. */
  started(): Promise<void> {
    return this.#port.report("started", pack(undefined, "started")).catch(() => {});
  }

  /** Reports the value that the target returned. Resolves when the parent has the report, or never will have it. */
  result(value: unknown): Promise<void> {
    this.#settled = true;
    let packed: Packed;
    try {
      packed = pack({ value, runtime: runtime.name } satisfies Outcome, "");
      if (this.#isFar) refuseObjects(packed);
    } catch (error) {
      return this.#sendError(error);
    }
    return this.#port.report("result", packed).then(
      () => packed.release(true),
      () => packed.release(false),
    );
  }

  /** Reports an error, and ends the process. */
  async uncaught(error: unknown): Promise<void> {
    this.#settled = true;
    // What was thrown may throw itself when it is looked at.
    if (await this.#isConsequence(error).catch(isOrphan)) return untilTheEnd();
    writeStderr(`Process ${this.#name}:\n${shown(error)}\n`);
    await this.#sendError(error);
    await endsWithin(flushed(), upTo(FLUSH_LIMIT));
    process.exit(1);
  }

  // Whether the error only says that the parent is gone. This process is then about to be ended, and prints nothing about it. The news of the
  // parent's end may come a little later than that of the end of a connection.
  async #isConsequence(error: unknown): Promise<boolean> {
    if (isOrphan()) return true;
    if (endsConnection(error)) await endsWithin(this.#parentGone, upTo(NEWS_LIMIT));
    return isOrphan();
  }

  async #sendError(error: unknown): Promise<void> {
    let packed = packReport({ error, runtime: runtime.name } satisfies Outcome);
    try {
      if (this.#isFar) refuseObjects(packed);
    } catch (refusal) {
      packed = packReport({ error: refusal, runtime: runtime.name } satisfies Outcome);
    }
    await this.#port.report("error", packed).catch(() => {});
    packed.release(true);
  }
}

// The runtimes' own errors say it by their code, such as that of a write to an output that the parent has read.
function endsConnection(error: unknown): boolean {
  if (error instanceof OwnerDiedError || error instanceof EOFError || error instanceof BrokenPipeError) return true;
  return error instanceof Error && CLOSED.has((error as NodeJS.ErrnoException).code);
}

// A process on another host can't reach the objects of this one.
function refuseObjects(packed: Packed): void {
  const [ref] = packed.refs;
  if (ref === undefined) return;
  packed.release(false);
  throw new SerializationError(
    `A ${ref.kind} can't go to the program that started this process, which runs on another host: return its contents.`,
  );
}

// An error may have fields whose own code throws when it is shown.
function shown(error: unknown): string {
  try {
    return util().inspect(error);
  } catch {
    return describe(error);
  }
}
