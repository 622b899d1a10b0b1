import { type BackendName, checkBackend, setLibrary } from "../backend/registry.ts";
import { StateError } from "../errors/errors.ts";
import { bindLaunch, type LaunchBinding } from "../launch/bound.ts";
import { checkRuntime } from "../launch/check-options.ts";
import { type ChildRuntime, setExecutable } from "../launch/command.ts";
import { setForkserverPreload } from "../launch/spares.ts";
import { checkMethod, getAllStartMethods, getStartMethod, type StartMethod } from "../launch/start-method.ts";
import { bindBackend } from "../objects/backend-binding.ts";
import type { KwargsOf } from "../target/signature.ts";
import { describe } from "../util/describe.ts";
import { optionNames, refuseUnknown } from "../util/known-options.ts";
import type { NumberType } from "../util/number-types.ts";
import { Barrier as PlainBarrier } from "./barrier.ts";
import { Condition as PlainCondition } from "./condition.ts";
import { Connection } from "./connection.ts";
import { cpuCount } from "./cpu-count.ts";
import { currentProcess } from "./current-process.ts";
import { Event as PlainEvent } from "./event.ts";
import { Lock as PlainLock } from "./lock.ts";
import { Manager as PlainManager } from "./manager.ts";
import { parentProcess } from "./parent-process.ts";
import { makePipe, Pipe } from "./pipe.ts";
import { Pool as PlainPool } from "./pool.ts";
import { activeChildren, Process } from "./process.ts";
import { JoinableQueue, Queue as PlainQueue } from "./queue.ts";
import { RLock as PlainRLock } from "./rlock.ts";
import { BoundedSemaphore as PlainBoundedSemaphore, Semaphore as PlainSemaphore } from "./semaphore.ts";
import { SharedArray as PlainSharedArray } from "./shared-array.ts";
import { SharedMemory as PlainSharedMemory } from "./shared-memory.ts";
import { SharedValue as PlainSharedValue } from "./shared-value.ts";
import { SimpleQueue as PlainSimpleQueue } from "./simple-queue.ts";
import { wait } from "./wait.ts";

/**
 * The classes and functions of this library, bound to one start method, and to one backend if one was named. Each member is the same as the
 * module's export of the same name. {@link getContext} returns a context.
 *
 * @example
 * ```ts
 * const context: Context = getContext("spawn", { backend: "portable" });
 * const queue = new context.Queue<number>();
 * await queue.put(1);
 * console.log(await queue.get()); // 1
 * queue.close();
 * ```
 */
export class Context {
  readonly #method: StartMethod;
  readonly #options: ContextOptions;
  /** {@link Process}: its children start by the context's method. */
  readonly Process: typeof Process;
  /** {@link Pool}: its workers start by the context's method. */
  readonly Pool: typeof PlainPool;
  /** {@link Manager}: its server starts by the context's method. */
  readonly Manager: typeof PlainManager;
  /** {@link Queue} of the context's backend. */
  readonly Queue: typeof PlainQueue = PlainQueue;
  /** {@link JoinableQueue} of the context's backend. */
  readonly JoinableQueue: typeof JoinableQueue = JoinableQueue;
  /** {@link SimpleQueue} of the context's backend. */
  readonly SimpleQueue: typeof PlainSimpleQueue = PlainSimpleQueue;
  /** {@link Lock} of the context's backend. */
  readonly Lock: typeof PlainLock = PlainLock;
  /** {@link RLock} of the context's backend. */
  readonly RLock: typeof PlainRLock = PlainRLock;
  /** {@link Semaphore} of the context's backend. */
  readonly Semaphore: typeof PlainSemaphore = PlainSemaphore;
  /** {@link BoundedSemaphore} of the context's backend. */
  readonly BoundedSemaphore: typeof PlainBoundedSemaphore = PlainBoundedSemaphore;
  /** {@link Condition} of the context's backend. */
  readonly Condition: typeof PlainCondition = PlainCondition;
  /** {@link Event} of the context's backend. */
  readonly Event: typeof PlainEvent = PlainEvent;
  /** {@link Barrier} of the context's backend. */
  readonly Barrier: typeof PlainBarrier = PlainBarrier;
  /** {@link SharedMemory} of the context's backend. */
  readonly SharedMemory: typeof PlainSharedMemory = PlainSharedMemory;
  /** {@link SharedValue} of the context's backend. */
  readonly SharedValue: typeof PlainSharedValue = PlainSharedValue;
  /** {@link SharedArray} of the context's backend. */
  readonly SharedArray: typeof PlainSharedArray = PlainSharedArray;
  /** {@link Connection}. */
  readonly Connection: typeof Connection = Connection;
  /** {@link Pipe} of the context's backend. */
  readonly Pipe: typeof Pipe = Pipe;
  /** {@link wait}. */
  readonly wait: typeof wait = wait;
  /** {@link currentProcess}. */
  readonly currentProcess: typeof currentProcess = currentProcess;
  /** {@link parentProcess}. */
  readonly parentProcess: typeof parentProcess = parentProcess;
  /** {@link activeChildren}. */
  readonly activeChildren: typeof activeChildren = activeChildren;
  /** {@link cpuCount}. */
  readonly cpuCount: typeof cpuCount = cpuCount;
  /** {@link getAllStartMethods}. */
  readonly getAllStartMethods: typeof getAllStartMethods = getAllStartMethods;
  /** {@link setExecutable}. */
  readonly setExecutable: typeof setExecutable = setExecutable;
  /** {@link setForkserverPreload}. */
  readonly setForkserverPreload: typeof setForkserverPreload = setForkserverPreload;

  /** @ignore Called by `getContext()`. */
  constructor(method: StartMethod, options: ContextOptions) {
    const { backend, runtime } = options;
    const binding: LaunchBinding = { method, runtime };
    this.#method = method;
    this.#options = options;
    this.Process = bindLaunch(subclassOfProcess(), binding);
    this.Pool = bindLaunch(class Pool<InitArgs extends readonly unknown[]> extends PlainPool<InitArgs> {}, binding) as typeof PlainPool;
    this.Manager = bindLaunch(class Manager extends PlainManager {}, binding);
    if (backend === undefined) return;
    bindBackend(this.Process, backend);
    bindBackend(this.Manager, backend);
    bindBackend(this.Pool, backend);
    this.Queue = bindBackend(class Queue<T> extends PlainQueue<T> {}, backend) as typeof PlainQueue;
    this.JoinableQueue = this.Queue;
    this.SimpleQueue = bindBackend(class SimpleQueue<T> extends PlainSimpleQueue<T> {}, backend) as typeof PlainSimpleQueue;
    this.Lock = bindBackend(class Lock extends PlainLock {}, backend);
    this.RLock = bindBackend(class RLock extends PlainRLock {}, backend);
    this.Semaphore = bindBackend(class Semaphore extends PlainSemaphore {}, backend);
    this.BoundedSemaphore = bindBackend(class BoundedSemaphore extends PlainBoundedSemaphore {}, backend);
    this.Condition = bindBackend(class Condition extends PlainCondition {}, backend);
    this.Event = bindBackend(class Event extends PlainEvent {}, backend);
    this.Barrier = bindBackend(class Barrier extends PlainBarrier {}, backend);
    this.SharedMemory = bindBackend(class SharedMemory extends PlainSharedMemory {}, backend);
    this.SharedValue = bindBackend(
      class SharedValue<T extends NumberType> extends PlainSharedValue<T> {},
      backend,
    ) as typeof PlainSharedValue;
    this.SharedArray = bindBackend(
      class SharedArray<T extends NumberType> extends PlainSharedArray<T> {},
      backend,
    ) as typeof PlainSharedArray;
    this.Pipe = (options = true) => makePipe(options, backend);
  }

  /**
   * Returns the context of a start method with the same backend and runtime.
   *
   * @param method default: this context's own method, so the result is this context
   * @throws {UnsupportedError} for "fork"
   * @throws {RangeError} for an unknown method
   */
  getContext(method?: StartMethod): Context {
    return method === undefined || method === this.#method ? this : getContext(method, this.#options);
  }

  /** Returns this context's start method. */
  getStartMethod(): StartMethod {
    return this.#method;
  }

  /** Always throws `StateError`, because the start method of a context never changes. */
  setStartMethod(_method?: unknown): never {
    throw new StateError(`This context's start method is "${this.#method}" for good: call getContext(method) for another one.`);
  }
}

const contexts = new Map<string, Context>();

/** Options of {@link getContext}. */
export interface ContextOptions {
  /** The backend of new objects. Default: the one that `capabilities()` reports. */
  readonly backend?: BackendName | undefined;
  /** The runtime of each process, worker and server whose own options name none. Default: the runtime of this program. */
  readonly runtime?: ChildRuntime | undefined;
  /** The absolute path of a native library to load. A process loads only one. Default: the package's own. */
  readonly library?: string | undefined;
}

const CONTEXT_OPTIONS = optionNames<ContextOptions>({ backend: true, runtime: true, library: true });

/**
 * Returns the classes and functions of this library, bound to one start method, a backend and a runtime. The same arguments give the same object.
 *
 * @param method "spawn" or "forkserver"; default: the current one, which is fixed by this call
 * @param options `backend`, `runtime`, `library`: see {@link ContextOptions}
 * @throws {UnsupportedError} for "fork", for a backend that can't be used here, and if another native library is loaded already
 * @throws {RangeError} for an unknown start method, backend or runtime
 * @throws {TypeError} for options of a wrong type
 *
 * @example
 * ```ts
 * const context = getContext("forkserver");
 * console.log(context.getStartMethod()); // "forkserver"
 * ```
 */
export function getContext(method?: StartMethod, options: ContextOptions = {}): Context {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`getContext takes a method and { backend?, runtime?, library? }, received ${describe(options)}.`);
  refuseUnknown(options, CONTEXT_OPTIONS, "getContext");
  const wanted = method ?? getStartMethod() ?? "spawn";
  const { backend, runtime, library } = options;
  checkMethod(wanted);
  checkRuntime(runtime);
  if (library !== undefined) setLibrary(library);
  if (backend !== undefined) checkBackend(backend);
  const key = JSON.stringify([wanted, backend, runtime]);
  const context = contexts.get(key) ?? new Context(wanted, { backend, runtime });
  contexts.set(key, context);
  return context;
}

// The class keeps the name "Process", because the default names of its processes ("Process-1") begin with it.
function subclassOfProcess(): typeof Process {
  const Fixed = class<Args extends readonly unknown[], Result, Kwargs extends KwargsOf<Args>> extends Process<Args, Result, Kwargs> {};
  return Object.defineProperty(Fixed, "name", { value: "Process" });
}
