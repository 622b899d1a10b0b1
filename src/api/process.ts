import { markLocal } from "../codec/shared-mark.ts";
import { ClosedError, StateError } from "../errors/errors.ts";
import { boundLaunch, type LaunchBinding } from "../launch/bound.ts";
import { checkName, checkOptions, checkTerminate } from "../launch/check-options.ts";
import { checkProgram } from "../launch/command.ts";
import type { JobArguments, OwnJob } from "../launch/job.ts";
import { noteLifeOf } from "../launch/life.ts";
import { checkMayStart, treeLimitsOfChild } from "../launch/may-start.ts";
import type { CheckedOptions, ProcessOptions, TerminateOptions } from "../launch/options.ts";
import { currentName, nextIdentity } from "../launch/position.ts";
import { Run } from "../launch/run.ts";
import { plannerFor, startMethod } from "../launch/start-method.ts";
import { boundBackend } from "../objects/backend-binding.ts";
import { pack } from "../objects/message.ts";
import { makeWaitable } from "../objects/waitable.ts";
import { callerModules } from "../target/callers.ts";
import { loadTarget } from "../target/load.ts";
import { locateTarget } from "../target/locate.ts";
import type { KwargsOf } from "../target/signature.ts";
import type { Target } from "../target/target.ts";
import { checkWait, type WaitOptions } from "../util/wait-options.ts";
import { type CurrentProcessSettings, takeSettings, withSettings } from "./current-process-settings.ts";
import { Sentinel } from "./sentinel.ts";

type State = "new" | "starting" | "running" | "ended" | "closed" | "current";

const children = new Set<Process<never, unknown>>();
const NO_OPTIONS: CheckedOptions = { target: undefined, args: [], kwargs: undefined, transfer: [], startTimeout: 0, grace: 0 };

/**
 * A process of the operating system that runs an exported function, or the `run()` of an exported subclass.
 * @example
 * ```ts
 * export function add(a: number, b: number): number {
 *   return a + b;
 * }
 * if (isMain(import.meta)) {
 *   const process = new Process({ target: add, args: [1, 2] });
 *   await process.start();
 *   console.log(await process.result()); // 3
 * }
 * ```
 */
export class Process<Args extends readonly unknown[] = readonly unknown[], Result = unknown, Kwargs extends KwargsOf<Args> = undefined> {
  readonly #options: CheckedOptions;
  readonly #callers: readonly string[];
  readonly #identity: readonly number[];
  readonly #binding: LaunchBinding;
  readonly #backend: string | undefined;
  readonly #current: CurrentProcessSettings | undefined;
  // A start that fails ends this run. The next call of `start()` makes a new one.
  #run: Run<Result>;
  readonly #sentinel: Sentinel;
  #name: string;
  #daemon: boolean;
  #state: State = "new";

  /**
   * Makes a process, which `start()` starts.
   * @param options see {@link ProcessOptions}; without a target, the child runs nothing
   * @throws {TypeError} for a wrong type; `RangeError` for a value out of range
   * @throws {UnsupportedError} for `limits` on a backend that has no limits
   */
  constructor(options: ProcessOptions<Args, Result, Kwargs> = {} as never) {
    const current = takeSettings();
    this.#current = current;
    this.#backend = boundBackend(new.target);
    this.#binding = boundLaunch(new.target);
    this.#options = current === undefined ? checkOptions(options, this.#backend, this.#binding.runtime) : NO_OPTIONS;
    this.#callers = current === undefined ? callerModules() : [];
    this.#identity = current?.identity ?? nextIdentity();
    this.#name = current?.name ?? (this.#options.name || this.#defaultName());
    this.#daemon = current?.daemon ?? this.#options.daemon ?? currentName().daemon;
    this.#run = this.#newRun();
    if (current !== undefined) this.#state = "current";
    this.#sentinel = new Sentinel(() => this.#run.waitable);
    noteLifeOf(this, () => this.#run);
    markLocal(this, "a Process", "pass its name or its pid");
    makeWaitable(this, () => {
      this.#checkStarted("wait");
      return this.#run.waitable;
    });
  }

  /**
   * Starts the child. It resolves when the child exists and its arguments are on their way. Later failures of the child reject `result()`.
   * @throws {StateError} on a second call, in a module that a child is importing, or if no export is found for the target
   * @throws {SerializationError} if an argument can't travel; {@link ProcessError} if the program can't be run
   * @throws the reason of the option `signal`, if it is aborted already
   */
  async start(): Promise<void> {
    if (this.#state === "closed") throw closed("start");
    if (this.#state !== "new") throw new StateError(`${this.#name} was started before: make a new Process for each start.`);
    const { signal, args, kwargs } = this.#options;
    signal?.throwIfAborted();
    checkMayStart();
    checkProgram(this.#options);
    // What comes before the search for the target is as it was when `start()` was called: arguments, environment, working folder.
    const packed = pack({ args, kwargs, self: this.#isSubclass ? { ...this } : undefined } satisfies JobArguments, "");
    this.#state = "starting";
    if (this.#run.hasFailed) this.#run = this.#newRun();
    try {
      const { method = startMethod(), planner = plannerFor(method) } = this.#binding;
      const launch = planner({ ...this.#options, env: { ...this.#options.env }, backend: this.#backend });
      const { target, inherited } = await this.#locate();
      signal?.throwIfAborted();
      const child = await launch({ target, inherited, message: packed, signal, killed: this.#run.killed });
      this.#state = "running";
      children.add(this as never);
      const names = { name: this.#name, identity: this.#identity, daemon: this.#daemon, parentName: currentName().name };
      const job = { ...names, target, inherited, subclass: this.#isSubclass, isFar: child.isFar, startMethod: method };
      this.#run.begin(child, { ...job, treeLimits: treeLimitsOfChild(this.#options.detached === true) }, packed);
    } catch (error) {
      packed.release(false);
      // Restore the state before this start, so that the caller can try again.
      children.delete(this as never);
      this.#state = "new";
      this.#run.fail(error);
      throw error;
    }
  }

  /** Runs in the child. It calls the target with its arguments, and throws what that throws. Before `start()` it may be called here too. */
  async run(): Promise<Result> {
    if (this.#current?.run !== undefined) return (await this.#current.run()) as Result;
    if (this.#state !== "new") throw new StateError("run() works before start() only: in the child it is called by itself.");
    const { target, args, kwargs } = this.#options;
    if (target === undefined) return undefined as Result;
    const call = typeof target === "function" ? target : await loadTarget(await locateTarget(target, this.#callers));
    return (await Reflect.apply(call, undefined, kwargs === undefined ? args : [...args, kwargs])) as Result;
  }

  /**
   * Waits until the child has ended.
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @returns the exit code, or `null` if the timeout passed
   * @throws {StateError} before `start()`, and for the current process; {@link ClosedError} after `close()`
   */
  async join(options?: WaitOptions): Promise<number | null> {
    this.#checkStarted("join");
    await this.#run.join(checkWait(options));
    return this.exitCode;
  }

  /**
   * Waits for the value that the target returned. If the target threw, this rejects with the target's error.
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @throws {ProcessDiedError} if the child ended before it gave a result; {@link TimeoutError} if no result came in time
   * @throws {SerializationError} if the value can't travel; {@link StateError} before `start()`
   */
  async result(options?: WaitOptions): Promise<Result> {
    this.#checkStarted("result");
    return this.#run.result(checkWait(options));
  }

  /** Returns whether the child exists and has not ended. It is always true for the current process. */
  isAlive(): boolean {
    this.#checkOpen("isAlive");
    return this.#state === "current" || this.#state === "running";
  }

  /**
   * Sends SIGTERM, which asks the child to end. It does nothing once the child has ended. Throws `StateError` before `start()`.
   * @param options `grace`: the time in ms after which a child that has not ended is killed; default: it is not killed
   * @example const process = new Process(); await process.start(); process.terminate({ grace: 500 });
   */
  terminate(options?: TerminateOptions): void {
    const grace = checkTerminate(options);
    this.#checkKill("terminate");
    this.#run.terminate(grace);
  }

  /** Sends SIGKILL, which ends the child at once. It does nothing once the child has ended. Throws `StateError` before `start()`. */
  kill(): void {
    this.#checkKill("kill");
    this.#run.kill("SIGKILL");
  }

  /** Closes the object. Afterwards only `name`, `daemon` and `close` work. Throws `StateError` while the child runs. */
  close(): void {
    if (this.#state === "current") return;
    if (this.#state === "starting" || this.#state === "running")
      throw new StateError(`${this.#name} is still running: join() it first, or kill() it.`);
    if (this.#state === "new") this.#run.fail(closed("start"));
    this.#state = "closed";
  }

  /** Like `join`, but blocks this thread. Throws `UnsupportedError` on the portable backend, and `StateError` during `start()`. */
  joinSync(options?: WaitOptions): number | null {
    this.#checkStarted("joinSync");
    const wait = checkWait(options);
    this.#checkExists("joinSync");
    this.#run.joinSync(wait);
    return this.exitCode;
  }

  /** Like `result`, but blocks this thread. Throws `UnsupportedError` on the portable backend, and `StateError` during `start()`. */
  resultSync(options?: WaitOptions): Result {
    this.#checkStarted("resultSync");
    const wait = checkWait(options);
    this.#checkExists("resultSync");
    return this.#run.resultSync(wait);
  }

  /** The name. It may be set at any time, and several processes may have the same name. */
  get name(): string {
    return this.#name;
  }

  set name(name: string) {
    checkName(name);
    this.#name = name;
  }

  /** Whether the child ends when its parent ends, instead of keeping the parent alive. Setting it after `start()` throws `StateError`. */
  get daemon(): boolean {
    return this.#daemon;
  }

  set daemon(daemon: boolean) {
    if (typeof daemon !== "boolean") throw new TypeError("daemon must be a boolean.");
    if (this.#state !== "new") throw new StateError("daemon can be set before start() only.");
    this.#daemon = daemon;
  }

  /** The process id, or `null` before `start()`. */
  get pid(): number | null {
    this.#checkOpen("pid");
    return this.#state === "current" ? process.pid : (this.#run.child?.pid ?? null);
  }

  /** `null` until the child has ended. Then 0, 1 after an uncaught error, n after `process.exit(n)`, or minus the number of a signal. */
  get exitCode(): number | null {
    this.#checkOpen("exitCode");
    return this.#run.ending?.exitCode ?? null;
  }

  /** An object for `wait()` that is ready when the process has ended. Throws `StateError` before `start()`. */
  get sentinel(): Sentinel {
    this.#checkStarted("sentinel");
    return this.#sentinel;
  }

  /** The child's standard output, if the option `stdout` is "pipe"; otherwise `null`. */
  get stdout(): ReadableStream<Uint8Array> | null {
    this.#checkOpen("stdout");
    return this.#run.child?.stdout ?? null;
  }

  /** The child's standard error, if the option `stderr` is "pipe"; otherwise `null`. */
  get stderr(): ReadableStream<Uint8Array> | null {
    this.#checkOpen("stderr");
    return this.#run.child?.stderr ?? null;
  }

  /** Terminates the child if it is alive, kills it after the option `grace`, waits for its end, and closes the object. It never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === "starting" || this.#state === "running") {
      this.#run.terminate();
      await this.join().catch(() => {}); // The caller of a start that failed gets the error.
    }
    this.close();
  }

  /** Returns a text like Python's `repr`: `<Process name="Process-1" pid=17 ended exitCode=-SIGTERM>`. */
  toString(): string {
    const { signal = null, exitCode = null } = this.#run.ending ?? {};
    const pid = this.#run.child === undefined ? "" : ` pid=${this.#run.child.pid}`;
    const code = this.#run.ending === undefined ? "" : ` exitCode=${signal === null ? exitCode : `-${signal}`}`;
    return `<${this.#className()} name=${JSON.stringify(this.#name)}${pid} ${this.#state}${code}${this.#daemon ? " daemon" : ""}>`;
  }

  #defaultName(): string {
    return `${this.#className()}-${this.#identity.join(":")}`;
  }

  #className(): string {
    // A minifier gives this class another name.
    return this.constructor === Process ? "Process" : this.constructor.name || "Process";
  }

  get #isSubclass(): boolean {
    return this.run !== Process.prototype.run;
  }

  async #locate(): Promise<Pick<OwnJob, "target" | "inherited">> {
    const find = async (target?: Target) => (target === undefined ? null : locateTarget(target, this.#callers));
    const given = await find(this.#options.target);
    return this.#isSubclass ? { target: await find(this.constructor as Target), inherited: given } : { target: given, inherited: null };
  }

  #newRun(): Run<Result> {
    const { detached, startTimeout, grace, signal, transfer } = this.#options;
    return new Run<Result>({
      name: () => this.#name,
      startTimeout,
      grace,
      signal,
      bond: () => (detached === true ? "detached" : this.#daemon ? "daemon" : "holds"),
      handedOver: () => {
        for (const object of transfer) object.close();
      },
      finished: () => {
        children.delete(this as never);
        if (this.#state === "running") this.#state = "ended";
      },
    });
  }

  #checkKill(call: string): void {
    this.#checkOpen(call);
    if (this.#state === "current") throw new StateError(`${call}() is for child processes: this one ends with process.exit().`);
    if (this.#state === "new") throw new StateError(`${call}() before start(): there is no process yet.`);
  }

  #checkOpen(call: string): void {
    if (this.#state === "closed") throw closed(call);
  }

  #checkStarted(call: string): void {
    this.#checkOpen(call);
    if (this.#state === "current") throw new StateError(`${call} is for child processes: this is the process itself.`);
    if (this.#state === "new") throw new StateError(`${call} before start(): await start() first.`);
  }

  #checkExists(call: string): void {
    if (this.#state === "starting") throw new StateError(`${call}() would keep ${this.#name} from starting: await start() first.`);
  }
}

// Makes `console.log` show the text of `toString`.
const show: PropertyDescriptor = { value: Process.prototype.toString, writable: true, configurable: true };
Object.defineProperty(Process.prototype, Symbol.for("nodejs.util.inspect.custom"), show);

function closed(call: string): ClosedError {
  return new ClosedError(`The process object is closed: ${call} works only before close().`);
}

/** Makes the object that stands for this process. A subclass's own constructor is not called, because the fields come from the parent. */
export function makeCurrentProcess(settings: CurrentProcessSettings, Class: object = Process): Process<never, unknown> {
  return withSettings(settings, () => Reflect.construct(Process, [], Class as typeof Process) as Process<never, unknown>);
}

/**
 * Returns the children of this process that were started and have not ended.
 * @example console.log(activeChildren().length); // 0
 */
export function activeChildren(): Process<never, unknown>[] {
  return [...children];
}
