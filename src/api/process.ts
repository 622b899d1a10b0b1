import type { Message, ReportKind } from "../backend/contract/backend.ts";
import { type BackendName, chooseBackend } from "../backend/registry.ts";
import { ClosedError, CorruptedError, ProcessDiedError, StateError, TimeoutError } from "../errors/errors.ts";
import { type Cargo, MAX_DEPTH, type Outcome } from "../launch/job.ts";
import type { Child, Ending } from "../launch/launch.ts";
import { type CheckedOptions, checkName, checkOptions, type KwargsOptions, type ProcessOptions } from "../launch/options.ts";
import { currentPlace, isImporting, nextIdentity } from "../launch/position.ts";
import { type StartMethod, starterFor, startMethod } from "../launch/start-method.ts";
import { type Packed, pack, unpack } from "../objects/message.ts";
import { boundBackend, noSync } from "../objects/shared-object.ts";
import { callerModules, load, locate, type Target, type TargetRef } from "../target/target.ts";
import { holdEventLoop } from "../util/event-loop.ts";
import { after, checkWait, endsWithin, type Wait, type WaitOptions, within } from "../util/timing.ts";
import { type Poller, waitable } from "./wait.ts";

/** Given to the constructor in place of options, in a child: the process that is running. */
export class Resumed {
  readonly name: string;
  readonly identity: readonly number[];
  readonly daemon: boolean;
  readonly run: (() => unknown) | undefined;

  constructor(name: string, identity: readonly number[], daemon: boolean, run?: () => unknown) {
    this.name = name;
    this.identity = identity;
    this.daemon = daemon;
    this.run = run;
  }
}

/** Something `wait()` accepts: ready when its process has ended. */
export class Sentinel {
  constructor(poller: Poller) {
    waitable(this, () => poller);
  }
}

/** A blocking wait looks again this often: milliseconds. */
const SLICE = 100;

type State = "new" | "starting" | "running" | "ended" | "closed" | "current";

const children = new Set<Process<never, unknown>>();
const IDLE: CheckedOptions = { target: undefined, args: [], kwargs: undefined, transfer: [], startTimeout: 0 };

/**
 * A process of the operating system that runs an exported function, or the `run()` of an exported subclass.
 *
 * @example
 * ```ts
 * export function add(a: number, b: number): number {
 *   return a + b;
 * }
 * if (import.meta.main) {
 *   const process = new Process({ target: add, args: [1, 2] });
 *   await process.start();
 *   console.log(await process.result()); // 3
 * }
 * ```
 */
export class Process<Args extends readonly unknown[] = readonly unknown[], Result = unknown, Kwargs extends object = object> {
  readonly #options: CheckedOptions;
  readonly #callers: readonly string[];
  readonly #identity: readonly number[];
  readonly #method: StartMethod | undefined;
  readonly #backend: BackendName | undefined;
  readonly #resumed: Resumed | undefined;
  // Of one start: where that fails, so does what waits for them.
  #outcome = promised<Result>();
  #ended = promised<void>();
  #settled: { readonly value: Result } | { readonly error: unknown } | undefined;
  readonly #sentinel: Sentinel;
  #name: string;
  #daemon: boolean;
  #state: State = "new";
  #child: Child | undefined;
  #ending: Ending | undefined;
  #killed: "SIGTERM" | "SIGKILL" | undefined;

  /**
   * @throws {TypeError} for an option of a wrong type, or a value that is no target
   * @throws {UnsupportedError} for `limits` on a backend without them
   */
  constructor(options?: ProcessOptions<Args, Result>);
  constructor(options: KwargsOptions<Args, Kwargs, Result>);
  constructor(options: ProcessOptions<Args, Result> | KwargsOptions<Args, Kwargs, Result> = {}) {
    const resumed = options instanceof Resumed ? options : undefined;
    this.#resumed = resumed;
    this.#options = resumed === undefined ? checkOptions(options, boundBackend(new.target)) : IDLE;
    this.#callers = resumed === undefined ? callerModules() : [];
    this.#identity = resumed?.identity ?? nextIdentity();
    this.#name = resumed?.name ?? (this.#options.name || this.#defaultName());
    this.#daemon = resumed?.daemon ?? this.#options.daemon ?? currentProcess().daemon;
    this.#method = methodOf(new.target);
    this.#backend = boundBackend(new.target);
    if (resumed !== undefined) this.#state = "current";
    const poller: Poller = {
      poll: (wait) => endsWithin(this.#ended.promise, wait),
      pollNow: () => (this.#ending ?? this.#child?.endNow?.()) !== undefined,
    };
    this.#sentinel = new Sentinel(poller);
    waitable(this, () => {
      this.#started("wait");
      return poller;
    });
  }

  /**
   * Starts the child. Resolves when it exists and its arguments are on their way; what goes wrong in it later is its exit code and the
   * rejection of `result()`.
   *
   * @throws {StateError} on a second call, in a module that a child is importing, or if the target can't be found
   * @throws {SerializationError} if an argument can't travel
   * @throws {ProcessError} if the program can't be run
   */
  async start(): Promise<void> {
    if (this.#state === "closed") throw closed("start");
    if (this.#state !== "new") throw new StateError(`${this.#name} was started before: make a new Process for each start.`);
    checkMayStart();
    // Values are as they are now, whatever happens to them while the target is looked for.
    const cargo = this.#pack();
    this.#state = "starting";
    try {
      const target = await this.#locate();
      const start = starterFor(this.#method ?? startMethod());
      const child = await start({ ...this.#options, env: { ...this.#options.env }, backend: this.#backend });
      this.#run(child, target, cargo);
    } catch (error) {
      cargo.release(false);
      this.#failed(error);
      throw error;
    }
  }

  /** What runs in the child; by default the target with its arguments. May be called in this process too, before `start()`. */
  async run(): Promise<Result> {
    if (this.#resumed?.run !== undefined) return (await this.#resumed.run()) as Result;
    if (this.#state !== "new") throw new StateError("run() works before start() only: in the child it is called by itself.");
    const { target, args, kwargs } = this.#options;
    if (target === undefined) return undefined as Result;
    const call = typeof target === "function" ? target : await load(await locate(target, this.#callers));
    return (await Reflect.apply(call, undefined, kwargs === undefined ? args : [...args, kwargs])) as Result;
  }

  /**
   * Waits for the child's end.
   *
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @returns the exit code, or `null` if the timeout passed
   * @throws {StateError} before `start()`, or for a process that is no child of this one
   */
  async join(options?: WaitOptions): Promise<number | null> {
    this.#started("join");
    const wait = checkWait(options);
    await endsWithin(this.#ended.promise, wait);
    return this.exitCode;
  }

  /**
   * Waits for what the target returned.
   *
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @throws the error that the target threw; {ProcessDiedError} if the child ended without an answer; {TimeoutError} if it took too long
   * @throws {SerializationError} if what the target returned can't travel
   */
  async result(options?: WaitOptions): Promise<Result> {
    this.#started("result");
    const wait: Wait = checkWait(options);
    return within(this.#outcome.promise, wait, () => new TimeoutError(`${this.#name} gave no result in time.`));
  }

  /** Whether the child exists and has not ended; always true for the current process. */
  isAlive(): boolean {
    this.#checkOpen("isAlive");
    return this.#state === "current" || this.#state === "running";
  }

  /** Asks the child to end (SIGTERM). A no-op once it has ended. Throws `StateError` before `start()`. */
  terminate(): void {
    this.#kill("terminate", "SIGTERM");
  }

  /** Ends the child (SIGKILL). A no-op once it has ended. Throws `StateError` before `start()`. */
  kill(): void {
    this.#kill("kill", "SIGKILL");
  }

  /** Releases the object: only `name`, `daemon` and `close` work afterwards. Throws `StateError` while the child runs. */
  close(): void {
    if (this.#state === "current") return;
    if (this.#state === "starting" || this.#state === "running")
      throw new StateError(`${this.#name} is still running: join() it first, or kill() it.`);
    this.#state = "closed";
  }

  /** As `join`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  joinSync(options?: WaitOptions): number | null {
    this.#started("joinSync");
    this.#blockUntil("joinSync", "join", checkWait(options), () => this.#ending !== undefined);
    return this.exitCode;
  }

  /** As `result`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  resultSync(options?: WaitOptions): Result {
    this.#started("resultSync");
    this.#blockUntil("resultSync", "result", checkWait(options), () => this.#settled !== undefined || this.#ending !== undefined);
    if (this.#settled === undefined && this.#ending !== undefined) throw this.#died(this.#ending);
    if (this.#settled === undefined) throw new TimeoutError(`${this.#name} gave no result in time.`);
    if ("error" in this.#settled) throw this.#settled.error;
    return this.#settled.value;
  }

  /** Not unique; may be set at any time. */
  get name(): string {
    return this.#name;
  }

  set name(name: string) {
    checkName(name);
    this.#name = name;
  }

  /** Whether it ends with its parent instead of keeping it. Setting it throws `StateError` after `start()`. */
  get daemon(): boolean {
    return this.#daemon;
  }

  set daemon(daemon: boolean) {
    if (typeof daemon !== "boolean") throw new TypeError("daemon must be a boolean.");
    if (this.#state !== "new") throw new StateError("daemon can be set before start() only.");
    this.#daemon = daemon;
  }

  /** `null` before `start()`. */
  get pid(): number | null {
    this.#checkOpen("pid");
    return this.#state === "current" ? process.pid : (this.#child?.pid ?? null);
  }

  /** `null` before `start()` and while it runs; 0 normal, 1 for an uncaught error, n for `process.exit(n)`, -signal when killed. */
  get exitCode(): number | null {
    this.#checkOpen("exitCode");
    return this.#ending?.exitCode ?? null;
  }

  /** What `wait()` can wait for: ready when the process has ended. Throws `StateError` before `start()`. */
  get sentinel(): Sentinel {
    this.#started("sentinel");
    return this.#sentinel;
  }

  /** What the child writes, with `stdout: "pipe"`; otherwise `null`. */
  get stdout(): ReadableStream<Uint8Array> | null {
    this.#checkOpen("stdout");
    return this.#child?.stdout ?? null;
  }

  /** What the child writes as errors, with `stderr: "pipe"`; otherwise `null`. */
  get stderr(): ReadableStream<Uint8Array> | null {
    this.#checkOpen("stderr");
    return this.#child?.stderr ?? null;
  }

  /** Terminates the child if it is alive, joins it and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === "starting" || this.#state === "running") {
      this.terminate();
      // A start that fails tells its own caller why.
      await this.join().catch(() => {});
    }
    this.close();
  }

  /** As Python's `repr`: `<Process name="Process-1" pid=17 ended exitCode=-SIGTERM>`. */
  toString(): string {
    const { signal = null, exitCode = null } = this.#ending ?? {};
    const pid = this.#child === undefined ? "" : ` pid=${this.#child.pid}`;
    const code = this.#ending === undefined ? "" : ` exitCode=${signal === null ? exitCode : `-${signal}`}`;
    return `<${this.#className()} name=${JSON.stringify(this.#name)}${pid} ${this.#state}${code}${this.#daemon ? " daemon" : ""}>`;
  }

  #defaultName(): string {
    return `${this.#className()}-${this.#identity.join(":")}`;
  }

  #className(): string {
    return this.constructor.name || "Process";
  }

  get #isSubclass(): boolean {
    return this.run !== Process.prototype.run;
  }

  #pack(): Packed {
    const { args, kwargs } = this.#options;
    const self = this.#isSubclass ? { ...this } : undefined;
    const cargo: Cargo = { args, kwargs, self };
    return pack(cargo, "");
  }

  async #locate(): Promise<TargetRef | null> {
    const target: Target | undefined = this.#isSubclass ? (this.constructor as Target) : this.#options.target;
    return target === undefined ? null : locate(target, this.#callers);
  }

  #run(child: Child, target: TargetRef | null, cargo: Packed): void {
    this.#child = child;
    this.#state = "running";
    children.add(this as never);
    const letGo = this.#daemon || this.#options.detached === true ? () => {} : holdEventLoop();
    const stopTimer = after(this.#options.startTimeout, () => {
      this.#outcome.reject(
        new TimeoutError(
          `${this.#name} was still importing its target after ${this.#options.startTimeout} ms (startTimeout) and was killed.`,
        ),
      );
      child.kill("SIGKILL");
    });
    const place = { name: this.#name, identity: this.#identity, daemon: this.#daemon, parentName: currentProcess().name };
    const job = { ...place, target, subclass: this.#isSubclass, startMethod: this.#method ?? startMethod() };
    child.work(job, cargo, (kind, message) => {
      stopTimer();
      return this.#hear(kind, message, cargo);
    });
    if (this.#killed !== undefined) child.kill(this.#killed);
    void child.ended.then((ending) => {
      stopTimer();
      letGo();
      this.#handedOver(cargo, false);
      this.#finish(ending);
      this.#outcome.reject(this.#died(ending));
      this.#ended.resolve();
    });
  }

  // As before this start.
  #failed(error: unknown): void {
    this.#state = "new";
    this.#killed = undefined;
    for (const waited of [this.#outcome, this.#ended]) waited.reject(error);
    this.#outcome = promised();
    this.#ended = promised();
  }

  #finish(ending: Ending): void {
    children.delete(this as never);
    this.#ending = ending;
    if (this.#state === "running") this.#state = "ended";
  }

  // The child holds what it was given, or has ended: either way this process need not hold it for the child.
  #handedOver(cargo: Packed, received: boolean): void {
    cargo.release(received);
    for (const object of this.#options.transfer) object.close();
  }

  // The child's reports: it has its arguments, then how its target ended.
  async #hear(kind: ReportKind, message: Message, cargo: Packed): Promise<void> {
    if (kind === "started") {
      this.#handedOver(cargo, true);
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

  #settle(settled: { readonly value: Result } | { readonly error: unknown }): void {
    this.#settled ??= settled;
    if ("error" in settled) this.#outcome.reject(settled.error);
    else this.#outcome.resolve(settled.value);
  }

  // The events of the child come in here, in place of the event loop.
  #blockUntil(name: string, twin: string, { timeout }: Wait, isDone: () => boolean): void {
    if (this.#state === "starting") throw new StateError(`${name}() would keep ${this.#name} from starting: await start() first.`);
    const backend = this.#child?.endNow === undefined ? undefined : chooseBackend("native");
    if (this.#state === "running" && backend === undefined) noSync(name, twin);
    const until = performance.now() + timeout;
    for (let left = 0; !isDone() && left >= 0; left = until - performance.now()) {
      backend?.pumpSync?.(Math.min(SLICE, Math.ceil(left)));
      const ending = this.#child?.endNow?.();
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

  #kill(what: string, signal: "SIGTERM" | "SIGKILL"): void {
    this.#checkOpen(what);
    if (this.#state === "current") throw new StateError(`${what}() is for child processes: this one ends with process.exit().`);
    if (this.#state === "new") throw new StateError(`${what}() before start(): there is no process yet.`);
    this.#killed = signal;
    this.#child?.kill(signal);
  }

  #checkOpen(what: string): void {
    if (this.#state === "closed") throw closed(what);
  }

  #started(what: string): void {
    this.#checkOpen(what);
    if (this.#state === "current") throw new StateError(`${what} is for child processes: this is the process itself.`);
    if (this.#state === "new") throw new StateError(`${what} before start(): await start() first.`);
  }
}

Object.defineProperty(Process.prototype, Symbol.for("nodejs.util.inspect.custom"), {
  configurable: true,
  writable: true,
  value: Process.prototype.toString,
});

// Nobody has to hear its rejection.
function promised<T>(): PromiseWithResolvers<T> {
  const made = Promise.withResolvers<T>();
  made.promise.catch(() => {});
  return made;
}

function closed(what: string): ClosedError {
  return new ClosedError(`The process object is closed: ${what} works only before close().`);
}

function checkOutcome(value: unknown): Outcome {
  if (typeof value === "object" && value !== null) return value as Outcome;
  throw new CorruptedError("A child reported what no child of ours reports.");
}

function checkMayStart(): void {
  if (isImporting()) {
    throw new StateError(
      "A process was started while a child imports its module, and would start others without end: start it inside `if (import.meta.main) { ... }` (or `isMain(import.meta)`), or in a function.",
    );
  }
  if (currentPlace().depth >= MAX_DEPTH)
    throw new StateError(`Processes are nested ${MAX_DEPTH} deep here: a child probably starts itself again and again.`);
}

const method = Symbol("start method");

/** A Process class whose processes start by this method. */
export function processWithMethod(fixed: StartMethod): typeof Process {
  const Fixed = class<Args extends readonly unknown[], Result, Kwargs extends object> extends Process<Args, Result, Kwargs> {};
  Object.defineProperty(Fixed, method, { value: fixed });
  Object.defineProperty(Fixed, "name", { value: "Process" });
  return Fixed;
}

function methodOf(Class: object): StartMethod | undefined {
  return (Class as { readonly [method]?: StartMethod })[method];
}

let current: Process<never, unknown> | undefined;

/** In a child: this is what `currentProcess()` gives from now on. */
export function setCurrentProcess(now: Process<never, unknown>): void {
  current = now;
}

/**
 * The object of this process: in the main process its name is `MainProcess`.
 *
 * @example
 * ```ts
 * console.log(currentProcess().name); // "MainProcess"
 * ```
 */
export function currentProcess(): Process<never, unknown> {
  current ??= new Process(new Resumed("MainProcess", [], false) as never);
  return current;
}

/** This process's own children that were started and have not ended. */
export function activeChildren(): Process<never, unknown>[] {
  return [...children];
}
