import { availableParallelism } from "node:os";
import { type BackendName, checkBackend } from "./backend/select.ts";
import { Connection, Pipe } from "./connection.ts";
import { StateError } from "./errors.ts";
import { setExecutable } from "./process/command.ts";
import { parentProcess } from "./process/parent.ts";
import { setForkserverPreload } from "./process/spares.ts";
import { checkMethod, getAllStartMethods, getStartMethod, type StartMethod } from "./process/start-method.ts";
import { activeChildren, currentProcess, type Process, processWithMethod } from "./process.ts";
import { JoinableQueue, Queue, SimpleQueue } from "./queue.ts";
import { wait } from "./wait.ts";

/** How many processes run at the same time on this machine. */
export function cpuCount(): number {
  return availableParallelism();
}

/** The names of this library, bound to one start method. */
export class Context {
  readonly #method: StartMethod;
  readonly Process: typeof Process;
  readonly Queue: typeof Queue = Queue;
  readonly JoinableQueue: typeof JoinableQueue = JoinableQueue;
  readonly SimpleQueue: typeof SimpleQueue = SimpleQueue;
  readonly Connection: typeof Connection = Connection;
  readonly Pipe: typeof Pipe = Pipe;
  readonly wait: typeof wait = wait;
  readonly currentProcess: typeof currentProcess = currentProcess;
  readonly parentProcess: typeof parentProcess = parentProcess;
  readonly activeChildren: typeof activeChildren = activeChildren;
  readonly cpuCount: typeof cpuCount = cpuCount;
  readonly getAllStartMethods: typeof getAllStartMethods = getAllStartMethods;
  readonly setExecutable: typeof setExecutable = setExecutable;
  readonly setForkserverPreload: typeof setForkserverPreload = setForkserverPreload;

  constructor(method: StartMethod) {
    this.#method = method;
    this.Process = processWithMethod(method);
  }

  /** This context; another method has another one: ask the module's `getContext`. */
  getContext(method?: StartMethod): Context {
    return method === undefined || method === this.#method ? this : getContext(method);
  }

  getStartMethod(): StartMethod {
    return this.#method;
  }

  /** A context's method is fixed: always throws `StateError`. */
  setStartMethod(_method?: unknown): never {
    throw new StateError(`This context's start method is "${this.#method}" for good: call getContext(method) for another one.`);
  }
}

const contexts = new Map<StartMethod, Context>();

/**
 * The names of this library bound to one start method, and to a backend.
 *
 * @param method "spawn" or "forkserver"; default: the current one
 * @param options `backend`: "portable", "native" or "auto" (default)
 * @throws {UnsupportedError} for "fork", and for a backend that isn't there
 * @throws {RangeError} for unknown names
 *
 * @example
 * ```ts
 * const context = getContext("forkserver");
 * console.log(context.getStartMethod()); // "forkserver"
 * ```
 */
export function getContext(method?: StartMethod, options: { readonly backend?: BackendName } = {}): Context {
  const wanted = method ?? getStartMethod() ?? "spawn";
  checkMethod(wanted);
  checkBackend(options.backend ?? "auto");
  const context = contexts.get(wanted) ?? new Context(wanted);
  contexts.set(wanted, context);
  return context;
}
