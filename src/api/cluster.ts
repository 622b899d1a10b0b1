import { type ClusterBackend, openCluster } from "../backend/registry.ts";
import { bindBackend } from "../objects/backend-binding.ts";
import { bindWorkers, type SourceMaker } from "../pool/worker-source.ts";
import { ClusterLock, ClusterRLock } from "./cluster-lock.ts";
import { type ClusterOptions, checkClusterOptions } from "./cluster-options.ts";
import { ClusterPool } from "./cluster-pool.ts";
import { ClusterQueue } from "./cluster-queue.ts";
import type { Pool as PlainPool } from "./pool.ts";
import { Queue as PlainQueue } from "./queue.ts";
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
  readonly #backend: ClusterBackend;

  /** @ignore Called by `connectCluster()`. */
  constructor(namespace: string, backend: ClusterBackend, workers: SourceMaker) {
    const { name } = backend;
    this.namespace = namespace;
    this.#backend = backend;
    this.Queue = bindBackend(class Queue<T> extends PlainQueue<T> {}, name) as typeof PlainQueue;
    this.JoinableQueue = bindBackend(class JoinableQueue<T> extends ClusterQueue<T> {}, name) as typeof ClusterQueue;
    this.SimpleQueue = bindBackend(class SimpleQueue<T> extends PlainSimpleQueue<T> {}, name) as typeof PlainSimpleQueue;
    this.Lock = bindBackend(class Lock extends ClusterLock {}, name);
    this.RLock = bindBackend(class RLock extends ClusterRLock {}, name);
    this.Pool = bindWorkers(class Pool extends ClusterPool {}, workers) as typeof PlainPool;
  }

  /**
   * Completes the puts of this process, and ends the connection. Calls that wait reject with {@link ClosedError}. Objects without a name that
   * this process has made are removed. It waits 5 seconds at most for servers that do not reply, and throws no error. A second call does nothing.
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
 * @throws {StateError} if no server can be reached, and if this process is connected to that namespace already
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
  const [{ programOf }, { RemoteWorkers }] = await Promise.all([import("../cluster/program.ts"), import("../cluster/remote-workers.ts")]);
  const program = programOf(options.root, options.version);
  const backend = await openCluster(settings);
  return new Cluster(settings.namespace, backend, (pool) => new RemoteWorkers(backend.wire, pool, program));
}
