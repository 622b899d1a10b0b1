import type { ReportKind } from "../backend/contract/launcher.ts";
import type { Message } from "../backend/contract/message.ts";
import type { BlockingPort } from "../backend/contract/port.ts";
import { ProcessDiedError, TimeoutError } from "../errors/errors.ts";
import { fetched, type Packed, unpack } from "../objects/message.ts";
import { noSync } from "../objects/shared-object.ts";
import type { Waitable } from "../objects/waitable.ts";
import { countdown, SLICE, sleepSync } from "../util/blocking.ts";
import { holdEventLoop, waitsForItself } from "../util/event-loop.ts";
import type { Wait } from "../util/wait-options.ts";
import { endsWithin, LATE, within } from "../util/within.ts";
import { endWithThisProcess } from "./daemons.ts";
import { diedError } from "./died-error.ts";
import { checkOutcome, type Outcome, type OwnJob } from "./job.ts";
import { Limits } from "./limits.ts";
import { noteWait, type WaitForChild } from "./noted-waits.ts";
import type { Ending, RunningChild } from "./running-child.ts";
import { ChildTelling } from "./telling.ts";

/** The facts and callbacks of a process that its run needs. */
export interface RunSettings {
  /** Returns the process's present name. */
  name(): string;
  /** The time in milliseconds in which the child must import its target. */
  readonly startTimeout: number;
  /** The time in milliseconds that the child may take to end after SIGTERM. */
  readonly grace: number;
  /** A signal that ends the child. */
  readonly signal: AbortSignal | undefined;
  /** Returns what the child means for this process's end: "holds" delays it, "daemon" ends then, "detached" lives on. */
  bond(): "holds" | "daemon" | "detached";
  /** Called when the child has its arguments, and again when it has ended: this process need not keep them open for it any more. */
  handedOver(): void;
  /** Called when the end of the child is known. */
  finished(): void;
}

/** What a caller of `result()` is told besides how the process ended. */
const NO_RESULT = " before it gave a result";

type Settled<Result> = { readonly value: Result } | { readonly error: unknown };

/** One run of a process: from its start to its result and its end. */
export class Run<Result> {
  readonly #settings: RunSettings;
  // Its type has no Result, so that a process can stand for one with a wider result.
  readonly #outcome = promised<unknown>();
  readonly #ended = promised<void>();
  #settled: Settled<Result> | undefined;
  #child: RunningChild | undefined;
  #ending: Ending | undefined;
  readonly #isKilled = promised<void>();
  readonly #limits = new Limits();
  #killed: "SIGTERM" | "SIGKILL" | undefined;
  #telling: ChildTelling | undefined;
  // The error of a start that failed.
  #failure: { readonly error: unknown } | undefined;

  constructor(settings: RunSettings) {
    this.#settings = settings;
  }

  get child(): RunningChild | undefined {
    return this.#child;
  }

  /** How the child ended; `undefined` before that. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** The result of the target. Rejects if the start or the child failed. */
  get outcome(): Promise<Result> {
    return this.#outcome.promise as Promise<Result>;
  }

  /** Whether the start failed. A process that is started again gets a new run. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Resolves when it is killed, or asked to end. */
  get killed(): Promise<void> {
    return this.#isKilled.promise;
  }

  /** Whether the run has ended, or will never begin. */
  get isOver(): boolean {
    return this.#ending !== undefined || this.hasFailed;
  }

  /** Settles when the run is over. Rejects if the start failed. */
  get over(): Promise<void> {
    return this.#ended.promise;
  }

  /** Like `isOver`, also while this thread blocks. `name` is the blocking call, and `twin` the one that does not block. */
  isOverSync(name: string, twin: string): boolean {
    if (this.isOver || this.#child === undefined) return this.isOver;
    const blocking = this.#child.blocking ?? noSync(name, twin);
    blocking.pumpSync(0);
    this.#limits.look();
    const ending = blocking.endingSync();
    if (ending !== undefined) this.#finish(ending);
    return ending !== undefined;
  }

  /** Returns the error of a run that is over and did not end well: with an exit code other than 0, by a signal, or before its start. */
  loss(): ProcessDiedError | undefined {
    if (this.#failure !== undefined) {
      const { error } = this.#failure;
      const why = error instanceof Error ? error.message : String(error);
      return new ProcessDiedError(`${this.#name} did not start, so it has put nothing: ${why}`, { cause: error });
    }
    if (this.#ending === undefined || this.#ending.exitCode === 0) return undefined;
    return this.#died(this.#ending, ", and no item is left");
  }

  /** Lets `wait()` wait for the end. */
  get waitable(): Waitable {
    const poll = (wait: Wait): Promise<boolean> => endsWithin(this.#ended.promise, wait);
    // A child that runs without blocking calls can't be waited for while this thread blocks.
    const canBlock = this.#child === undefined || this.#ending !== undefined || this.#child.blocking !== undefined;
    return canBlock ? { poll, blocking: this.#blocking } : { poll };
  }

  /** Waits for the end, within the wait's limits. Rejects if the start failed. */
  async join(wait: Wait): Promise<void> {
    await this.#noted("join", endsWithin(this.#ended.promise, wait));
  }

  /** Waits for the result, within the wait's limits. Throws `TimeoutError` if the time ran out. */
  async result(wait: Wait): Promise<Result> {
    const result = await this.#noted("result", within(this.outcome, wait));
    if (result === LATE) throw this.late();
    return result;
  }

  // Lets `polyproc ps` see that the program waits.
  #noted<T>(call: WaitForChild["call"], waiting: Promise<T>): Promise<T> {
    if (this.isOver || waitsForItself()) return waiting;
    const free = noteWait({ call, pid: () => this.#pidHere, isSync: false });
    return waiting.finally(free);
  }

  /** Called when the child exists. It sends the child its job and arguments, and handles its reports. */
  begin(child: RunningChild, job: OwnJob, packed: Packed): void {
    this.#child = child;
    const { startTimeout } = this.#settings;
    const letGo = this.#bind();
    const stopTimer = this.#limits.addIdle(startTimeout, () => {
      this.#settle({
        error: new TimeoutError(`${this.#name} was still importing its target after ${startTimeout} ms (startTimeout) and was killed.`),
      });
      this.kill("SIGKILL", `, because it still imports its target after its startTimeout of ${startTimeout} ms`);
    });
    try {
      child.work(job, packed, (kind, message) => {
        stopTimer();
        return this.#hear(kind, message, packed);
      });
    } catch (error) {
      stopTimer();
      letGo();
      child.kill("SIGKILL");
      throw error;
    }
    this.#telling = new ChildTelling(this.#settings.name, child, job);
    if (this.#killed !== undefined) this.kill(this.#killed);
    const stopSignal = this.#obeySignal();
    void child.ended.then((ending) => {
      stopTimer();
      stopSignal();
      letGo();
      this.#handedOver(packed, false);
      this.#finish(ending);
      this.#outcome.reject(this.#died(ending, NO_RESULT));
      this.#ended.resolve();
    });
  }

  /** Called when the start failed. The waits for the end and for the result reject too. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#child = undefined;
    for (const waited of [this.#outcome, this.#ended]) waited.reject(error);
  }

  /** Sends the signal now, or as soon as the child exists. */
  kill(signal: "SIGTERM" | "SIGKILL", why = ""): void {
    if (this.#killed !== "SIGKILL") this.#killed = signal;
    this.#isKilled.resolve();
    if (this.#child === undefined || this.#ending !== undefined) return;
    this.#telling?.sends(signal, why);
    this.#child.kill(signal);
  }

  /** Asks the child to end, and kills it if it has not ended after `grace` milliseconds. */
  terminate(grace: number = this.#settings.grace): void {
    this.kill("SIGTERM");
    const stopTimer = this.#limits.add(grace, () => this.kill("SIGKILL", `, because it has not ended ${grace} ms after SIGTERM (grace)`));
    this.#ended.promise.then(stopTimer, stopTimer);
  }

  /** Blocks this thread until the end is known, within the wait's limits. */
  joinSync(wait: Wait): void {
    this.#block("joinSync", "join", wait, () => this.#ending !== undefined);
  }

  /** Returns the result, and blocks this thread until it is there. Throws the error of `outcome`, or `TimeoutError` if the time ran out. */
  resultSync(wait: Wait): Result {
    this.#block("resultSync", "result", wait, () => this.#settled !== undefined || this.#ending !== undefined);
    if (this.#settled === undefined && this.#ending !== undefined) throw this.#died(this.#ending, NO_RESULT);
    if (this.#settled === undefined) throw this.late();
    if ("error" in this.#settled) throw this.#settled.error;
    return this.#settled.value;
  }

  /** Makes the error of a wait for the result whose time ran out. */
  late(): TimeoutError {
    return new TimeoutError(`${this.#name} gave no result in time: wait longer, or kill() it.`);
  }

  get #name(): string {
    return this.#settings.name();
  }

  // Another process of this host may have the same pid as a child on another one.
  get #pidHere(): number | undefined {
    return this.#child?.isFar === true ? undefined : this.#child?.pid;
  }

  // Binds the child's life to that of this process. The returned function is called when the child has ended.
  #bind(): () => void {
    const bond = this.#settings.bond();
    if (bond === "holds") return holdEventLoop();
    if (bond === "detached") return () => {};
    return endWithThisProcess({
      end: () => {
        this.terminate();
        return this.#ended.promise;
      },
    });
  }

  // Ends the child when the program's signal is aborted. Afterwards the signal may be aborted without effect.
  #obeySignal(): () => void {
    const { signal } = this.#settings;
    if (signal === undefined) return () => {};
    const abort = (): void => {
      if (this.#settled !== undefined || this.#ending !== undefined) return;
      this.#settle({ error: signal.reason });
      this.terminate();
    };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    return () => signal.removeEventListener("abort", abort);
  }

  #finish(ending: Ending): void {
    this.#ending = ending;
    this.#settings.finished();
    this.#telling?.ended(ending);
    this.#telling = undefined;
  }

  #handedOver(packed: Packed, received: boolean): void {
    try {
      packed.release(received);
      this.#settings.handedOver();
    } catch (error) {
      // The program's own `close()` of what it has given away may throw.
      this.#settle({ error });
    }
  }

  // Handles a report of the child: first that it has its arguments, and later how its target ended.
  async #hear(kind: ReportKind, message: Message, packed: Packed): Promise<void> {
    if (kind === "started") {
      this.#handedOver(packed, true);
      return;
    }
    try {
      // A blocked thread gets its reports at once: the backend has fetched them.
      const fetching = fetched(message);
      if (fetching !== undefined) await fetching;
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

  // Blocks this thread until `isDone`. Reports and the end of the child come in here, because the event loop does not run.
  get #blocking(): BlockingPort {
    return {
      pollSync: () => {
        this.#limits.look();
        return (this.#ending ?? this.#child?.blocking?.endingSync()) !== undefined;
      },
      pumpSync: (ms) => (this.#child?.blocking ?? { pumpSync: sleepSync }).pumpSync(ms),
    };
  }

  #block(name: string, twin: WaitForChild["call"], { timeout }: Wait, isDone: () => boolean): void {
    if (this.#ending !== undefined) return;
    const blocking = this.#child?.blocking ?? noSync(name, twin);
    const left = countdown(timeout);
    let free: (() => void) | undefined;
    for (let ms = 0; !isDone() && ms >= 0; ms = left()) {
      if (ms > 0) free ??= noteWait({ call: twin, pid: () => this.#pidHere, isSync: true });
      blocking.pumpSync(Math.min(SLICE, Math.ceil(ms)));
      this.#limits.look();
      const ending = blocking.endingSync();
      if (ending !== undefined) this.#finish(ending);
    }
    free?.();
  }

  #withOrigin({ error, runtime }: Outcome): unknown {
    if (error instanceof Error && Object.isExtensible(error)) {
      const remote = { pid: this.#child?.pid, name: this.#name, runtime };
      Object.defineProperty(error, "remote", { value: remote, configurable: true, writable: true });
    }
    return error;
  }

  #died(ending: Ending, so: string): ProcessDiedError {
    return diedError({ name: this.#name, pid: this.#child?.pid, wasKilledHere: this.#killed !== undefined }, ending, so);
  }
}

// Makes a promise whose rejection does not count as unhandled: a program need not wait for a result.
function promised<T>(): PromiseWithResolvers<T> {
  const made = Promise.withResolvers<T>();
  made.promise.catch(() => {});
  return made;
}
