/**
 * Python's `multiprocessing` for JavaScript and TypeScript: real processes with `Process`, `Queue` and `Pipe`, locks and
 * shared memory, on Node, Deno and Bun.
 *
 * @module
 */

export type { CellType, Limits, QueueStats } from "./src/backend/backend.ts";
export { type BackendName, type Capabilities, capabilities } from "./src/backend/select.ts";
export { Barrier, type BarrierOptions, type BarrierWaitOptions } from "./src/barrier.ts";
export { Condition } from "./src/condition.ts";
export { type Bytes, Connection, Pipe, type PipeOptions } from "./src/connection.ts";
export { Context, type ContextOptions, cpuCount, getContext } from "./src/context.ts";
export * from "./src/errors.ts";
export { Event } from "./src/event.ts";
export { type Address, Client, type ClientOptions, Listener, type ListenerOptions } from "./src/listener.ts";
export { BoundedSemaphore, Held, HeldSync, Lock, RLock, Semaphore, type SemaphoreOptions } from "./src/locks.ts";
export { isMain } from "./src/main.ts";
export { SharedMemory, type SharedMemoryOptions } from "./src/memory.ts";
export { type ChildRuntime, type CommandOptions, setExecutable } from "./src/process/command.ts";
export type { KwargsOptions, ModuleTarget, ProcessOptions, ProcessSettings } from "./src/process/options.ts";
export { ParentProcess, parentProcess } from "./src/process/parent.ts";
export { setForkserverPreload } from "./src/process/spares.ts";
export { getAllStartMethods, getStartMethod, type StartMethod, setStartMethod } from "./src/process/start-method.ts";
export { activeChildren, currentProcess, Process, Sentinel } from "./src/process.ts";
export { JoinableQueue, Queue, type QueueOptions, type ShutdownOptions, SimpleQueue } from "./src/queue.ts";
export type { Output, RuntimeName } from "./src/runtime/runtime.ts";
export { type ArrayOf, type NumberOf, SharedArray, type SharedArrayOptions, SharedValue } from "./src/shared-numbers.ts";
export type { BlockOptions, WaitOptions } from "./src/timing.ts";
export { wait, waitSync } from "./src/wait.ts";
export { fromWire, registerClass, toWire } from "./src/wire/classes.ts";
