/**
 * Python's `multiprocessing` for JavaScript and TypeScript: real processes with `Process`, `Queue` and `Pipe`, locks and
 * shared memory, on Node, Deno and Bun.
 *
 * @module
 */

export { Barrier, type BarrierOptions, type BarrierWaitOptions } from "./src/api/barrier.ts";
export { Condition } from "./src/api/condition.ts";
export { type Bytes, Connection, Pipe, type PipeOptions } from "./src/api/connection.ts";
export { Context, type ContextOptions, cpuCount, getContext } from "./src/api/context.ts";
export { Event } from "./src/api/event.ts";
export { isMain } from "./src/api/is-main.ts";
export { type Address, Client, type ClientOptions, Listener, type ListenerOptions } from "./src/api/listener.ts";
export { BoundedSemaphore, Held, HeldSync, Lock, RLock, Semaphore, type SemaphoreOptions } from "./src/api/lock.ts";
export { ParentProcess, parentProcess } from "./src/api/parent-process.ts";
export { activeChildren, currentProcess, Process, Sentinel } from "./src/api/process.ts";
export { JoinableQueue, Queue, type QueueOptions, type ShutdownOptions, SimpleQueue } from "./src/api/queue.ts";
export { type ArrayOf, type NumberOf, SharedArray, type SharedArrayOptions, SharedValue } from "./src/api/shared-array.ts";
export { SharedMemory, type SharedMemoryOptions } from "./src/api/shared-memory.ts";
export { wait, waitSync } from "./src/api/wait.ts";
export type { CellType, Limits, QueueStats } from "./src/backend/contract/backend.ts";
export { type BackendName, type Capabilities, capabilities } from "./src/backend/registry.ts";
export { fromWire, registerClass, toWire } from "./src/codec/classes.ts";
export * from "./src/errors/errors.ts";
export { type ChildRuntime, type CommandOptions, setExecutable } from "./src/launch/command.ts";
export type { KwargsOptions, ModuleTarget, ProcessOptions, ProcessSettings } from "./src/launch/options.ts";
export { setForkserverPreload } from "./src/launch/spares.ts";
export { getAllStartMethods, getStartMethod, type StartMethod, setStartMethod } from "./src/launch/start-method.ts";
export type { Output, RuntimeName } from "./src/runtime/current.ts";
export type { BlockOptions, WaitOptions } from "./src/util/timing.ts";
