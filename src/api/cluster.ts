import { BARRIER } from "../backend/contract/barrier.ts";
import { CONDITION } from "../backend/contract/condition.ts";
import { CONNECTION } from "../backend/contract/connection.ts";
import type { Kind } from "../backend/contract/kind.ts";
import { MANAGED } from "../backend/contract/managed.ts";
import { MEMORY } from "../backend/contract/memory.ts";
import { SHARED_ARRAY } from "../backend/contract/numbers.ts";
import type { Port } from "../backend/contract/port.ts";
import { type ClusterBackend, chooseBackend, openCluster } from "../backend/registry.ts";
import { bindLaunch } from "../launch/bound.ts";
import type { Planner } from "../launch/planner.ts";
import { bindBackend } from "../objects/backend-binding.ts";
import { bindWorkers, type SourceMaker } from "../pool/worker-source.ts";
import type { NumberType } from "../util/number-types.ts";
import type { Barrier as PlainBarrier } from "./barrier.ts";
import { ClusterLock, ClusterRLock } from "./cluster-lock.ts";
import { type ClusterOptions, checkClusterOptions } from "./cluster-options.ts";
import { ClusterPool } from "./cluster-pool.ts";
import { ClusterProcess } from "./cluster-process.ts";
import { ClusterQueue } from "./cluster-queue.ts";
import type { Condition as PlainCondition } from "./condition.ts";
import { Event as PlainEvent } from "./event.ts";
import type { Manager as PlainManager } from "./manager.ts";
import type { Pipe as PlainPipe } from "./pipe.ts";
import type { Pool as PlainPool } from "./pool.ts";
import type { Process as PlainProcess } from "./process.ts";
import { Queue as PlainQueue } from "./queue.ts";
import { BoundedSemaphore as PlainBoundedSemaphore, Semaphore as PlainSemaphore, type SemaphoreOptions } from "./semaphore.ts";
import type { SharedArray as PlainSharedArray } from "./shared-array.ts";
import type { SharedMemory as PlainSharedMemory } from "./shared-memory.ts";
import { SharedValue as PlainSharedValue } from "./shared-value.ts";
import { SimpleQueue as PlainSimpleQueue } from "./simple-queue.ts";

/**
 * The connection of this process to a namespace of a cluster, with classes whose objects many hosts share. {@link connectCluster} returns it.
 *
 * @example
 * ```ts
 * const mp: Cluster = await connectCluster({ servers: "nats://127.0.0.1:4222", namespace: "shop" });
 * const orders = new mp.Queue<string>({ name: "orders" });
 * await orders.put("two apples");
 * console.log(await orders.get()); // two apples
 * await mp.close();
 * ```
 */
export class Cluster {
  /** The name of the namespace. */
  readonly namespace: string;
  /** {@link Queue} of the cluster. A process that dies after its `get` loses the item. It has no `taskDone` and no `join`. */
  readonly Queue: typeof PlainQueue;
  /** {@link ClusterQueue}: a queue whose items belong to a consumer until it marks them as done, and go to another one if it dies. */
  readonly JoinableQueue: typeof ClusterQueue;
  /** {@link SimpleQueue} of the cluster. */
  readonly SimpleQueue: typeof PlainSimpleQueue;
  /** {@link ClusterLock}: a lock that its holder has by a lease. */
  readonly Lock: typeof ClusterLock;
  /** {@link ClusterRLock}: a recursive lock that its holder has by a lease. */
  readonly RLock: typeof ClusterRLock;
  /**
   * {@link Pool} whose workers the agents of the cluster run: `npx polyproc agent` starts one. Without `processes` it has 64 workers at most. The
   * agents decide about `runtime`, `execArgv`, `env`, `cwd`, `stdout`, `stderr` and `limits`.
   */
  readonly Pool: typeof PlainPool;
  /**
   * {@link Semaphore} of the cluster. The permits of a process that dies come back when its lease has lapsed, unless the semaphore is made with
   * `{ robust: false }`.
   */
  readonly Semaphore: typeof PlainSemaphore;
  /** {@link BoundedSemaphore} of the cluster: like `Semaphore`, and released only by a process that has a permit. */
  readonly BoundedSemaphore: typeof PlainBoundedSemaphore;
  /** {@link Event} of the cluster. */
  readonly Event: typeof PlainEvent;
  /** {@link SharedValue} of the cluster. */
  readonly SharedValue: typeof PlainSharedValue;
  /**
   * {@link Process} that an agent of the cluster runs: `npx polyproc agent` starts one. `start()` waits until an agent has a free slot; the option
   * `signal` ends that wait. The process gets the environment and the output of its agent, so it has no options for these.
   */
  readonly Process: typeof PlainProcess;
  /** Many hosts can't share it: `new` throws `UnsupportedError`, which says what to use instead. */
  readonly Condition: typeof PlainCondition;
  /** Many hosts can't share it: `new` throws `UnsupportedError`, which says what to use instead. */
  readonly Barrier: typeof PlainBarrier;
  /** Many hosts can't share it: the call throws `UnsupportedError`, which says what to use instead. */
  readonly Pipe: typeof PlainPipe;
  /** Many hosts can't share it: `new` throws `UnsupportedError`, which says what to use instead. */
  readonly Manager: typeof PlainManager;
  /** Many hosts can't share it: `new` throws `UnsupportedError`, which says what to use instead. */
  readonly SharedMemory: typeof PlainSharedMemory;
  /** Many hosts can't share it: `new` throws `UnsupportedError`, which says what to use instead. */
  readonly SharedArray: typeof PlainSharedArray;
  readonly #backend: ClusterBackend;

  /** @ignore Called by `connectCluster()`. */
  constructor(namespace: string, backend: ClusterBackend, workers: SourceMaker, planner: Planner) {
    const { name } = backend;
    this.namespace = namespace;
    this.#backend = backend;
    this.Queue = bindBackend(class Queue<T> extends PlainQueue<T> {}, name) as typeof PlainQueue;
    this.JoinableQueue = bindBackend(class JoinableQueue<T> extends ClusterQueue<T> {}, name) as typeof ClusterQueue;
    this.SimpleQueue = bindBackend(class SimpleQueue<T> extends PlainSimpleQueue<T> {}, name) as typeof PlainSimpleQueue;
    this.Lock = bindBackend(class Lock extends ClusterLock {}, name);
    this.RLock = bindBackend(class RLock extends ClusterRLock {}, name);
    this.Pool = bindWorkers(class Pool extends ClusterPool {}, workers) as typeof PlainPool;
    this.Semaphore = bindBackend(semaphoreOf(PlainSemaphore), name);
    this.BoundedSemaphore = bindBackend(semaphoreOf(PlainBoundedSemaphore), name);
    this.Event = bindBackend(class Event extends PlainEvent {}, name);
    this.SharedValue = bindBackend(class SharedValue<T extends NumberType> extends PlainSharedValue<T> {}, name) as typeof PlainSharedValue;
    this.Process = bindLaunch(class Process extends ClusterProcess<readonly unknown[], unknown> {}, { planner }) as typeof PlainProcess;
    this.Condition = refused(CONDITION, name) as typeof PlainCondition;
    this.Barrier = refused(BARRIER, name) as typeof PlainBarrier;
    this.Pipe = refused(CONNECTION, name) as typeof PlainPipe;
    this.Manager = refused(MANAGED, name) as typeof PlainManager;
    this.SharedMemory = refused(MEMORY, name) as typeof PlainSharedMemory;
    this.SharedArray = refused(SHARED_ARRAY, name) as typeof PlainSharedArray;
  }

  /**
   * Completes the puts of this process, and ends the connection. Calls that wait reject with {@link ClosedError}. Objects without a name that
   * this process has made are removed. The puts have 3 seconds, also those that wait for room in full queues: one that is not complete by then
   * rejects with `ClosedError`, too. All of it takes 5 seconds at most. It throws no error. A second call does nothing.
   */
  async close(): Promise<void> {
    await this.#backend.close();
  }

  /** Calls `close()`. It throws no error. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Connects to a namespace of a NATS cluster with JetStream. The classes of the result are those of this library, and their objects are found by
 * their names from any host. It needs the packages `@nats-io/transport-node`, `@nats-io/nats-core`, `@nats-io/jetstream`, `@nats-io/kv` and
 * `@nats-io/obj`.
 *
 * Calls that wait keep the event loop alive, and a connection without any does not.
 *
 * @param options see {@link ClusterOptions}
 * @throws {TypeError} for an option of a wrong type, and for one that does not exist; `RangeError` for a value out of range
 * @throws {StateError} if no server can be reached, if this process is connected to that namespace already, and if the namespace has another lease
 * @throws {AuthenticationError} if the servers refuse this process
 * @throws {UnsupportedError} if a package of NATS is missing, or the server is too old or has no JetStream
 *
 * @example
 * ```ts
 * await using mp = await connectCluster({ servers: "nats://127.0.0.1:4222", namespace: "shop" });
 * const bills = new mp.Queue<number>({ name: "bills", maxsize: 1000 });
 * await bills.put(1.5);
 * console.log(await bills.get({ timeout: 1000 })); // 1.5
 * ```
 */
export async function connectCluster(options: ClusterOptions): Promise<Cluster> {
  const settings = checkClusterOptions(options);
  // Loaded here, because most programs run on one machine.
  const [{ programOf }, { RemoteWorkers }, { RemoteProcesses }] = await Promise.all([
    import("../cluster/program.ts"),
    import("../cluster/remote-workers.ts"),
    import("../cluster/remote-processes.ts"),
  ]);
  const program = programOf(options.root, options.version);
  const backend = await openCluster(settings);
  const processes = new RemoteProcesses(backend.wire, program);
  return new Cluster(settings.namespace, backend, (pool) => new RemoteWorkers(backend.wire, pool, program), processes.plan);
}

/** Makes a class of semaphores that get the permits of dead processes back. On many hosts, nothing else would ever bring them back. */
function semaphoreOf<C extends typeof PlainSemaphore>(Class: C): C {
  const Base: typeof PlainSemaphore = Class;
  const Robust = class Semaphore extends Base {
    constructor(options: SemaphoreOptions | number = {}) {
      super(typeof options === "object" && options !== null ? { robust: true, ...options } : { value: options, robust: true });
    }
  };
  return Robust as C;
}

/** Makes what throws the error of a backend that has no objects of a kind, with and without `new`. */
function refused({ name, label }: Pick<Kind<Port>, "name" | "label">, backend: string): unknown {
  return function make(): void {
    chooseBackend(backend).make({ name, label }, undefined);
  };
}
