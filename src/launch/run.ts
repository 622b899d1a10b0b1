import type { ReportKind } from "../backend/contract/launcher.ts";
import type { Message } from "../backend/contract/message.ts";
import { CorruptedError, ProcessDiedError, TimeoutError } from "../errors/errors.ts";
import { type Packed, unpack } from "../objects/message.ts";
import { noSync } from "../objects/shared-object.ts";
import type { Waitable } from "../objects/waitable.ts";
import { SLICE } from "../util/blocking.ts";
import { after } from "../util/deadline.ts";
import { holdEventLoop } from "../util/event-loop.ts";
import type { Wait } from "../util/wait-options.ts";
import { endsWithin } from "../util/within.ts";
import type { Child, Ending } from "./child.ts";
import type { Job, Outcome } from "./job.ts";

/** What a run needs to know of its process. */
export interface RunSettings {
  /** The process's name, as it is now. */
  name(): string;
  /** Milliseconds that the child may take to import its target. */
  readonly startTimeout: number;
  /** Whether the event loop of this process waits for the child. */
  holdsLoop(): boolean;
  /** Called once, when the child holds its arguments or has ended: this process need not hold them for it any more. */
  handedOver(): void;
  /** Called when the end of the child is known. */
  finished(): void;
}

type Settled<Result> = { readonly value: Result } | { readonly error: unknown };

/** One run of a process: from its start to its result and its end. */
export class Run<Result> {
  readonly #settings: RunSettings;
  readonly #outcome = promised<Result>();
  readonly #ended = promised<void>();
  #settled: Settled<Result> | undefined;
  #child: Child | undefined;
  #ending: Ending | undefined;
  #killed: "SIGTERM" | "SIGKILL" | undefined;

  constructor(settings: RunSettings) {
    this.#settings = settings;
  }

  get child(): Child | undefined {
    return this.#child;
  }

  /** How the child ended, if it has. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** Rejects if the start failed, or the child failed. */
  get outcome(): Promise<Result> {
    return this.#outcome.promise;
  }

  /** How `wait()` waits for the end. */
  get waitable(): Waitable {
    const run = this;
    return {
      poll: (wait) => endsWithin(run.#ended.promise, wait),
      get blocking() {
        return run.#child?.blocking;
      },
    };
  }

  /** Waits for the end, within the wait's limits. Rejects if the start failed. */
  async join(wait: Wait): Promise<void> {
    await endsWithin(this.#ended.promise, wait);
  }

  /** The child exists: gives it its job and arguments, and hears what it reports. */
  begin(child: Child, job: Omit<Job, "reportTo">, packed: Packed): void {
    this.#child = child;
    const { startTimeout } = this.#settings;
    const letGo = this.#settings.holdsLoop() ? holdEventLoop() : (): void => {};
    const stopTimer = after(startTimeout, () => {
      this.#outcome.reject(
        new TimeoutError(`${this.#name} was still importing its target after ${startTimeout} ms (startTimeout) and was killed.`),
      );
      child.kill("SIGKILL");
    });
    child.work(job, packed, (kind, message) => {
      stopTimer();
      return this.#hear(kind, message, packed);
    });
    if (this.#killed !== undefined) child.kill(this.#killed);
    void child.ended.then((ending) => {
      stopTimer();
      letGo();
      this.#handedOver(packed, false);
      this.#finish(ending);
      this.#outcome.reject(this.#died(ending));
      this.#ended.resolve();
    });
  }

  /** The start failed: so do the waits for its end and its result. */
  fail(error: unknown): void {
    for (const waited of [this.#outcome, this.#ended]) waited.reject(error);
  }

  /** Ends the child now, or as soon as it exists. */
  kill(signal: "SIGTERM" | "SIGKILL"): void {
    this.#killed = signal;
    this.#child?.kill(signal);
  }

  /** Blocks this thread until the end is known, within the wait's limits. */
  joinSync(wait: Wait): void {
    this.#block("joinSync", "join", wait, () => this.#ending !== undefined);
  }

  /** The result, blocking this thread. Throws as `outcome` rejects, and `TimeoutError` if there was none in time. */
  resultSync(wait: Wait): Result {
    this.#block("resultSync", "result", wait, () => this.#settled !== undefined || this.#ending !== undefined);
    if (this.#settled === undefined && this.#ending !== undefined) throw this.#died(this.#ending);
    if (this.#settled === undefined) throw this.late();
    if ("error" in this.#settled) throw this.#settled.error;
    return this.#settled.value;
  }

  /** The error of a wait for a result that came too late. */
  late(): TimeoutError {
    return new TimeoutError(`${this.#name} gave no result in time.`);
  }

  get #name(): string {
    return this.#settings.name();
  }

  #finish(ending: Ending): void {
    this.#ending = ending;
    this.#settings.finished();
  }

  #handedOver(packed: Packed, received: boolean): void {
    packed.release(received);
    this.#settings.handedOver();
  }

  // A child reports that it has its arguments, then how its target ended.
  async #hear(kind: ReportKind, message: Message, packed: Packed): Promise<void> {
    if (kind === "started") {
      this.#handedOver(packed, true);
      return;
    }
    try {
      const { value, attached } = unpack(message);
      const outcome = checkOutcome(value);
      if (kind === "result") this.#settle({ value: outcome.value as Result });
      else this.#settle({ error: this.#withOrigin(outcome) });
      await attached;
    } catch (error) {
      this.#settle({ error });
    }
  }

  #settle(settled: Settled<Result>): void {
    this.#settled ??= settled;
    if ("error" in settled) this.#outcome.reject(settled.error);
    else this.#outcome.resolve(settled.value);
  }

  // What the event loop would bring of the child comes in here instead.
  #block(name: string, twin: string, { timeout }: Wait, isDone: () => boolean): void {
    if (this.#ending !== undefined) return;
    const blocking = this.#child?.blocking ?? noSync(name, twin);
    const until = performance.now() + timeout;
    for (let left = 0; !isDone() && left >= 0; left = until - performance.now()) {
      blocking.pumpSync(Math.min(SLICE, Math.ceil(left)));
      const ending = blocking.endingSync();
      if (ending !== undefined) this.#finish(ending);
    }
  }

  #withOrigin({ error, runtime }: Outcome): unknown {
    if (error instanceof Error && Object.isExtensible(error)) {
      const remote = { pid: this.#child?.pid, name: this.#name, runtime };
      Object.defineProperty(error, "remote", { value: remote, configurable: true, writable: true });
    }
    return error;
  }

  #died({ exitCode, signal, stderr }: Ending): ProcessDiedError {
    const pid = this.#child?.pid;
    const how = signal === null ? `with exit code ${exitCode}` : `by ${signal}`;
    const hint = signal === "SIGKILL" && this.#killed === undefined ? " (possibly out of memory)" : "";
    const last = stderr === "" ? "" : `\nThe last of its stderr:\n${stderr}`;
    return new ProcessDiedError(`${this.#name} (pid ${pid}) ended ${how}${hint} before it gave a result.${last}`, {
      fields: { pid, exitCode, signal },
    });
  }
}

// Nothing has to handle its rejection.
function promised<T>(): PromiseWithResolvers<T> {
  const made = Promise.withResolvers<T>();
  made.promise.catch(() => {});
  return made;
}

function checkOutcome(value: unknown): Outcome {
  if (typeof value === "object" && value !== null) return value as Outcome;
  throw new CorruptedError("A child reported something that no child of this library reports.");
}
