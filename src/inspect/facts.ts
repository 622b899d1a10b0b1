import type { SharedFacts } from "../backend/contract/inspect.ts";
import type { Usage } from "../runtime/processes.ts";

/** A shared object, with the name that the program gave it. */
export interface ObjectFacts extends SharedFacts {
  readonly name: string | null;
}

/** An object that is shown only because the program gave it a name. */
export interface NamedFacts {
  /** "reader" and "writer" are the ends of a one-way pipe, and "pipe" is an end of any other. */
  readonly kind: "pipe" | "reader" | "writer" | "value" | "array" | "memory";
  readonly backend: string;
  readonly id: string;
  readonly name: string;
  /** The processes that have it open. */
  readonly users: readonly number[];
}

/** The number of the form of a {@link Snapshot}. It grows when a field changes its meaning or goes. */
export const SCHEMA = 1;

/** A task of a pool that a worker runs. */
export interface TaskFacts {
  /** Its number in the pool. */
  readonly id: number;
  /** The name of its function. */
  readonly target: string | null;
  /** For how many milliseconds it has run. */
  readonly age: number;
}

export interface ProcessFacts {
  readonly pid: number;
  /** Its parent, if that is a process of the tree. */
  readonly parent: number | null;
  readonly name: string | null;
  readonly runtime: string | null;
  readonly backends: readonly string[];
  readonly state: Usage["state"];
  /** Whether it imports its target still. */
  readonly isStarting: boolean;
  /** In milliseconds, as is `cpu`. `memory` is in bytes. `null`: the system does not tell. */
  readonly age: number | null;
  readonly cpu: number | null;
  readonly memory: number | null;
  /** The name of the function that it was started for. */
  readonly target: string | null;
  readonly task: TaskFacts | null;
  /** Whether it hosts portable objects, and did not tell of them in 200 ms. */
  readonly isSilent: boolean;
}

export interface PoolFacts {
  /** The process that has the pool. */
  readonly pid: number;
  readonly name: string;
  readonly workers: number;
  readonly queued: number;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
  readonly retried: number;
  /** The number of workers that died. */
  readonly died: number;
  /** Tasks done and failed in a second, since the last look, or since the pool was made. */
  readonly rate: number;
}

/** A process that is the server of a manager. */
export interface ManagerFacts {
  readonly pid: number;
  /** The objects that it holds. */
  readonly objects: number;
  /** The calls that it has had. */
  readonly calls: number;
  /** Calls in a second, since the last look, or since the process was started. */
  readonly rate: number;
}

/** One process of a circle, and what it waits for. */
export interface Step {
  readonly pid: number;
  /** "acquire", "join" or "result". */
  readonly call: string;
  readonly isSync: boolean;
  /** The lock: its kind, id and name. `null` if it waits for a child. */
  readonly object: { readonly kind: string; readonly id: string; readonly name: string | null } | null;
  /** The process for which it waits: the lock's holder, or the child. */
  readonly for: number;
}

/** Processes that wait for each other in a circle. */
export interface Deadlock {
  /** Whether all of them wait by calls that block their threads, so that none can go on by itself. */
  readonly isCertain: boolean;
  readonly steps: readonly Step[];
}

/** What `polyproc ps --json` prints. */
export interface Snapshot {
  readonly schema: typeof SCHEMA;
  /** The version of polyproc that looks. */
  readonly polyproc: string;
  /** In milliseconds since 1970. */
  readonly time: number;
  readonly processes: readonly ProcessFacts[];
  readonly queues: readonly ObjectFacts[];
  /** Locks, semaphores, events, conditions and barriers. */
  readonly locks: readonly ObjectFacts[];
  /** Ends of pipes, shared values, arrays and memory: those with a name. */
  readonly others: readonly NamedFacts[];
  readonly pools: readonly PoolFacts[];
  readonly managers: readonly ManagerFacts[];
  readonly deadlocks: readonly Deadlock[];
}
