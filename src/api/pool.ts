import { markLocal } from "../codec/shared-mark.ts";
import { boundLaunch } from "../launch/bound.ts";
import { boundBackend } from "../objects/backend-binding.ts";
import { ApplyCall } from "../pool/calls/apply.ts";
import type { PoolCall } from "../pool/calls/call.ts";
import { checkIterable, type Elements } from "../pool/calls/elements.ts";
import { IMapCall } from "../pool/calls/imap.ts";
import { IterateCall } from "../pool/calls/iterate.ts";
import { MapCall } from "../pool/calls/map.ts";
import { Engine } from "../pool/engine.ts";
import { Kind } from "../pool/entries.ts";
import { checkPoolOptions, type InitializedBy } from "../pool/options.ts";
import { type PoolStats, statsOf, type WorkerInfo, workersOf } from "../pool/reports.ts";
import { type PoolTarget, PoolTargets, refuseTarget } from "../pool/targets.ts";
import {
  type ApplyOptions,
  type CheckedTaskOptions,
  checkTaskOptions,
  type IMapOptions,
  type IterateOptions,
  type MapOptions,
  type MapResults,
  type SettleOptions,
} from "../pool/task-options.ts";
import { boundWorkers, type WorkerSource } from "../pool/worker-source.ts";
import { callerModules } from "../target/callers.ts";
import type { ArgsOf, CallRest, KwargsOf, KwargsOption, MapRest, MapTarget, TargetFunction } from "../target/signature.ts";
import type { ModuleTarget } from "../target/target.ts";
import { describe } from "../util/describe.ts";
import { checkWait, type WaitOptions } from "../util/wait-options.ts";
import { LocalWorkers } from "./pool-workers.ts";
import { Process } from "./process.ts";

type Method = "apply" | "map" | "starmap" | "imap" | "imapUnordered" | "iterate";
/**
 * Worker processes that run tasks. A task is one call of an exported function. Each task settles, whatever dies: if its worker ends while it
 * runs, it rejects with {@link WorkerDiedError}, and a new worker takes over.
 *
 * @example
 * ```ts
 * export function square(x: number): number {
 *   return x * x;
 * }
 * if (isMain(import.meta)) {
 *   await using pool = new Pool();
 *   console.log(await pool.map(square, [1, 2, 3])); // [ 1, 4, 9 ]
 * }
 * ```
 */
export class Pool<InitArgs extends readonly unknown[] = never[]> {
  readonly #engine: Engine;
  readonly #targets: PoolTargets;

  /**
   * Makes a pool. It starts workers when the first tasks come.
   *
   * @param options see {@link PoolOptions}
   * @throws {TypeError} for a wrong type, and for an option that does not exist; `RangeError` for a value out of range
   * @throws {UnsupportedError} for `limits` on a backend that has no limits; {@link SerializationError} if `initArgs` can't travel
   */
  constructor(options: InitializedBy<InitArgs> = {}) {
    const backend = boundBackend(new.target);
    const { method, runtime } = boundLaunch(new.target);
    const settings = checkPoolOptions(options, backend, runtime);
    const { initializer } = settings;
    const local = { ...settings, initializes: initializer !== undefined, isFar: false };
    const source: WorkerSource = boundWorkers(new.target)?.(settings) ?? new LocalWorkers(local, backend, method);
    this.#targets = new PoolTargets((ref) => source.nameFor?.(ref) ?? ref);
    const target = initializer === undefined ? undefined : this.#targets.get(initializer, callerModules);
    try {
      this.#engine = new Engine(settings, source, target);
    } catch (error) {
      source.close();
      throw error;
    }
    markLocal(this, "a Pool", "make another one there");
  }

  /**
   * Runs a task in a worker, and waits for its result. The arguments travel as they are now.
   *
   * @param target an exported function, the URL of a module (its default export is meant), or a module and export
   * @param rest an array of its arguments, and {@link ApplyOptions}; default: none
   * @returns what the target returns
   * @throws what the target throws; {@link WorkerDiedError} if its worker died; {@link TimeoutError} if a time limit passed
   * @throws {SerializationError} if an argument or the result can't travel; {@link ClosedError} after `close()` or `terminate()`
   * @throws {BrokenPoolError} if no worker can start; {@link Full} with `block: false` if there is no room
   * @example console.log(await pool.apply(add, [1, 2])); // 3
   */
  apply<Result = unknown, Args extends readonly unknown[] = readonly unknown[], Kwargs extends KwargsOf<Args> = undefined>(
    target: TargetFunction<Args, Result> | ModuleTarget,
    ...rest: CallRest<ArgsOf<Args, Kwargs>, ApplyOptions & KwargsOption<Args, Kwargs>>
  ): Promise<Result>;
  apply(target: unknown, args: unknown = [], options?: ApplyOptions): Promise<unknown> {
    // It is no async function, because there may be very many calls at a time, and the promise of each takes memory.
    try {
      const checked = checkTaskOptions(options, "apply");
      if (!Array.isArray(args)) throw new TypeError(`args must be an array, received ${describe(args)}.`);
      const call = new ApplyCall(this.#engine, this.#find(target, "apply"), checked, args);
      this.#engine.beginWithRoom(call);
      return call.result;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Calls the target with each element, and waits for the results, in the order of the elements.
   *
   * @param target like that of `apply`. It gets one element
   * @param elements an iterable or async iterable. It is not taken further than the workers need
   * @param rest {@link SettleOptions}: with `settle: true`, errors are results too
   * @throws the first error of a task, with the element's index in `error.remote.index` or `error.index`. What has not begun never runs then
   * @throws what `apply` throws, and what the iterable throws
   * @example console.log(await pool.map(square, [1, 2, 3])); // [ 1, 4, 9 ]
   */
  map<Result = unknown, Element = unknown, Kwargs = unknown, Settle extends boolean = false>(
    target: MapTarget<Element, Kwargs, Result>,
    elements: Iterable<Element> | AsyncIterable<Element>,
    ...rest: MapRest<Kwargs, SettleOptions<Settle>>
  ): Promise<MapResults<Result, Settle>>;
  async map(target: unknown, elements: unknown, options?: MapOptions): Promise<unknown> {
    return this.#map("map", Kind.map, target, elements, options);
  }

  /** Like `map`, but each element is the array of the arguments of one call. */
  starmap<
    Result = unknown,
    Args extends readonly unknown[] = readonly unknown[],
    Kwargs extends KwargsOf<Args> = undefined,
    Settle extends boolean = false,
  >(
    target: TargetFunction<Args, Result> | ModuleTarget,
    elements: Iterable<ArgsOf<Args, Kwargs>> | AsyncIterable<ArgsOf<Args, Kwargs>>,
    options?: SettleOptions<Settle> & KwargsOption<Args, Kwargs>,
  ): Promise<MapResults<Result, Settle>>;
  async starmap(target: unknown, elements: unknown, options?: MapOptions): Promise<unknown> {
    return this.#map("starmap", Kind.starmap, target, elements, options);
  }

  /**
   * Calls the target with each element. The results come one by one, in the order of the elements. It begins with the first `next()`, and
   * takes only `lookAhead` elements ahead of what was consumed, so that an endless iterable needs no endless memory. `break` gives up what is
   * under way. The first error ends it.
   *
   * @param rest {@link IMapOptions}
   * @throws what `map` throws
   * @example for await (const result of pool.imap(square, [1, 2, 3])) console.log(result); // 1, 4, 9
   */
  imap<Result = unknown, Element = unknown, Kwargs = unknown>(
    target: MapTarget<Element, Kwargs, Result>,
    elements: Iterable<Element> | AsyncIterable<Element>,
    ...rest: MapRest<Kwargs, IMapOptions>
  ): AsyncGenerator<Result, void, undefined>;
  imap(target: unknown, elements: unknown, options?: IMapOptions): AsyncGenerator<never, void, undefined> {
    return this.#imap("imap", target, elements, options);
  }

  /** Like `imap`, but each result comes as soon as it is there. */
  imapUnordered<Result = unknown, Element = unknown, Kwargs = unknown>(
    target: MapTarget<Element, Kwargs, Result>,
    elements: Iterable<Element> | AsyncIterable<Element>,
    ...rest: MapRest<Kwargs, IMapOptions>
  ): AsyncGenerator<Result, void, undefined>;
  imapUnordered(target: unknown, elements: unknown, options?: IMapOptions): AsyncGenerator<never, void, undefined> {
    return this.#imap("imapUnordered", target, elements, options);
  }

  /**
   * Runs a generator in a worker. Its values come as it gives them, at most `lookAhead` ahead of what was consumed. It begins with the first
   * `next()`. `break` ends the generator between two values, so that its `finally` runs.
   *
   * @param target an exported generator function, sync or async, or a function that returns an iterable
   * @param rest an array of its arguments, and {@link IterateOptions}; default: none
   * @throws {TypeError} if the target gives no iterable; what `apply` throws
   * @example for await (const line of pool.iterate(linesOf, ["log.txt"])) console.log(line); // a line
   */
  iterate<Value = unknown, Args extends readonly unknown[] = readonly unknown[], Kwargs extends KwargsOf<Args> = undefined>(
    target: TargetFunction<Args, Iterable<Value> | AsyncIterable<Value>> | ModuleTarget,
    ...rest: CallRest<ArgsOf<Args, Kwargs>, IterateOptions & KwargsOption<Args, Kwargs>>
  ): AsyncGenerator<Value, void, undefined>;
  iterate(target: unknown, args: unknown = [], options?: IterateOptions): AsyncGenerator<never, void, undefined> {
    const checked = checkTaskOptions(options, "iterate");
    if (!Array.isArray(args)) throw new TypeError(`args must be an array, received ${describe(args)}.`);
    const found = this.#find(target, "iterate");
    const call = new IterateCall(this.#engine, found, checked, args);
    return this.#lazily(call, () => call.results()) as AsyncGenerator<never, void, undefined>;
  }

  /** Takes no more tasks. Those that it has are done, and then its workers end. A second call does nothing. */
  close(): void {
    this.#engine.close();
  }

  /** Ends all at once: tasks that are not done reject with {@link ClosedError}, and workers get SIGTERM, and SIGKILL after `grace`. */
  terminate(): void {
    this.#engine.terminate();
  }

  /**
   * Waits until all workers have ended.
   *
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @returns false if the time ran out first
   * @throws {StateError} before `close()` or `terminate()`
   */
  async join(options?: WaitOptions): Promise<boolean> {
    return this.#engine.join(checkWait(options));
  }

  /** Returns the pool's counts and times: see {@link PoolStats}. */
  stats(): PoolStats {
    return statsOf(this.#engine);
  }

  /** The workers of this moment: see {@link WorkerInfo}. */
  get workers(): WorkerInfo[] {
    return workersOf(this.#engine);
  }

  /** Like `terminate()`, and then `join()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.terminate();
    await this.join();
  }

  async #map(method: Method, kind: number, target: unknown, elements: unknown, options: MapOptions | undefined): Promise<unknown> {
    const checked = checkTaskOptions(options, method);
    checkIterable(elements);
    const call = new MapCall(this.#engine, this.#find(target, method), checked, kind, elements as Elements);
    this.#engine.begin(call);
    return call.result;
  }

  #imap(method: Method, target: unknown, elements: unknown, options: IMapOptions | undefined): AsyncGenerator<never, void, undefined> {
    const checked: CheckedTaskOptions = checkTaskOptions(options, method);
    checkIterable(elements);
    const call = new IMapCall(this.#engine, this.#find(target, method), checked, elements as Elements, method === "imap");
    return this.#lazily(call, () => call.results()) as AsyncGenerator<never, void, undefined>;
  }

  async *#lazily(call: PoolCall, results: () => AsyncGenerator<unknown>): AsyncGenerator<unknown, void, undefined> {
    this.#engine.checkOpen();
    this.#engine.begin(call);
    yield* results();
  }

  #find(target: unknown, method: Method): PoolTarget {
    this.#engine.checkOpen();
    refuseTarget(target, method, Process);
    return this.#targets.get(target, callerModules);
  }
}
