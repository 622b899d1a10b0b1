/**
 * Python's `multiprocessing` for JavaScript and TypeScript: real processes with `Pool`, `Process`, `Queue` and `Pipe`,
 * locks and shared memory, on Node, Deno and Bun.
 *
 * @module
 */

import "./src/api/kinds.ts";

export { Barrier, type BarrierOptions, type BarrierWaitOptions } from "./src/api/barrier.ts";
export { type Capabilities, capabilities } from "./src/api/capabilities.ts";
export { Client, type ClientOptions } from "./src/api/client.ts";
export { Cluster, connectCluster } from "./src/api/cluster.ts";
export { ClusterHeld, ClusterLock, ClusterRLock } from "./src/api/cluster-lock.ts";
export type { ClusterOptions } from "./src/api/cluster-options.ts";
export { ClusterQueue, ClusterTask } from "./src/api/cluster-queue.ts";
export { Condition } from "./src/api/condition.ts";
export { Connection } from "./src/api/connection.ts";
export type { Bytes } from "./src/api/connection-bytes.ts";
export { Context, type ContextOptions, getContext } from "./src/api/context.ts";
export { cpuCount } from "./src/api/cpu-count.ts";
export { currentProcess } from "./src/api/current-process.ts";
export { Event } from "./src/api/event.ts";
export { Held, HeldSync } from "./src/api/held.ts";
export { isMain } from "./src/api/is-main.ts";
export { Listener, type ListenerOptions } from "./src/api/listener.ts";
export { Lock } from "./src/api/lock.ts";
export { Manager, type ManagerOptions } from "./src/api/manager.ts";
export { type ConnectOptions, ManagerConnection } from "./src/api/manager-connection.ts";
export { Namespace } from "./src/api/namespace.ts";
export { ParentProcess, parentProcess } from "./src/api/parent-process.ts";
export { Pipe, type PipeOptions } from "./src/api/pipe.ts";
export { Pool } from "./src/api/pool.ts";
export { activeChildren, Process } from "./src/api/process.ts";
export type { FromOptions, GetOptions } from "./src/api/producers.ts";
export { JoinableQueue, Queue } from "./src/api/queue.ts";
export type { QueueOptions, ShutdownOptions } from "./src/api/queue-options.ts";
export { QueueTask } from "./src/api/queue-task.ts";
export { RLock } from "./src/api/rlock.ts";
export { BoundedSemaphore, Semaphore, type SemaphoreOptions } from "./src/api/semaphore.ts";
export { Sentinel } from "./src/api/sentinel.ts";
export { SharedArray, type SharedArrayOptions } from "./src/api/shared-array.ts";
export { type DictEntries, type Key, SharedDict } from "./src/api/shared-dict.ts";
export { SharedList, type SortOptions } from "./src/api/shared-list.ts";
export { SharedMemory, type SharedMemoryOptions } from "./src/api/shared-memory.ts";
export type { ArrayOf, NumberOf } from "./src/api/shared-numbers.ts";
export { SharedSet } from "./src/api/shared-set.ts";
export { SharedValue } from "./src/api/shared-value.ts";
export { SimpleQueue } from "./src/api/simple-queue.ts";
export { wait, waitSync } from "./src/api/wait.ts";
export type { ClusterCredentials, ClusterTls } from "./src/backend/contract/cluster.ts";
export type { Limits } from "./src/backend/contract/launcher.ts";
export type { QueueStats } from "./src/backend/contract/queue.ts";
export type { BackendName } from "./src/backend/registry.ts";
export { freezeSupport } from "./src/child/freeze.ts";
export { fromWire, registerClass, toWire } from "./src/codec/classes.ts";
export * from "./src/errors/errors.ts";
export { type ChildRuntime, type CommandOptions, setExecutable } from "./src/launch/command.ts";
export type { ProcessOptions, ProcessSettings, ProcessTarget, TerminateOptions } from "./src/launch/options.ts";
export { setForkserverPreload } from "./src/launch/spares.ts";
export { getAllStartMethods, getStartMethod, type StartMethod, setStartMethod } from "./src/launch/start-method.ts";
export { setTreeLimits, type TreeLimits } from "./src/launch/tree-limits.ts";
export type { Remote } from "./src/manager/types.ts";
export type { ObjectOptions } from "./src/objects/make.ts";
export type { LogLevel, LogRecord, LostEvent, ProcessEvent, TaskEvent } from "./src/observe/events.ts";
export { getLogger, type Logger, logToStderr } from "./src/observe/logger.ts";
export { type CurrentTask, currentTask } from "./src/pool/current-task.ts";
export type { PoolOptions, WorkerCount } from "./src/pool/options.ts";
export type { PoolStats, WorkerInfo } from "./src/pool/reports.ts";
export type { Times } from "./src/pool/statistics.ts";
export type { ApplyOptions, IMapOptions, IterateOptions, MapOptions, SettleOptions, TaskOptions } from "./src/pool/task-options.ts";
export type { Address } from "./src/remote/address.ts";
export type { Output, RuntimeName } from "./src/runtime/contract.ts";
export { registerTarget } from "./src/target/registry.ts";
export type { TargetFunction } from "./src/target/signature.ts";
export type { ModuleTarget } from "./src/target/target.ts";
export type { NumberType } from "./src/util/number-types.ts";
export type { BlockOptions, WaitOptions } from "./src/util/wait-options.ts";
