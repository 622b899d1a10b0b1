/** A process of this user, as `polyproc ps` has found it. */
export interface SeenProcess {
  readonly pid: number;
  /** The names of its open files by their numbers, where the system tells them. */
  readonly files: ReadonlyMap<number, string>;
  /** The address on which it would serve its portable objects. */
  readonly address: string | undefined;
}

/** The kinds of objects that are told. */
export type SharedKind = "queue" | "lock" | "rlock" | "semaphore" | "event" | "condition" | "barrier";

/** A process that holds an object, or waits for it. */
export interface Party {
  /** `null` for one that has ended, and for one that this user can't see. */
  readonly pid: number | null;
  /** Whether it is the first thread of the process. `null` if that is not known. */
  readonly isMainThread: boolean | null;
}

export interface WaitingParty extends Party {
  /** The call that waits: "get", "put" or "join" of a queue, "acquire" of a lock or semaphore, "wait" of the others. */
  readonly call: string;
  /** Whether the call blocks its thread. */
  readonly isSync: boolean;
}

/** A shared object, as it is seen from outside. */
export interface SharedFacts {
  readonly kind: SharedKind;
  readonly backend: string;
  /** Tells it from other objects of its backend. */
  readonly id: string;
  /** The process that hosts it; `null` if it lies in memory that its users share. */
  readonly host: number | null;
  /** The processes that have it open. */
  readonly users: readonly number[];
  /** The processes that hold a lock, or permits of a semaphore. */
  readonly holders: readonly Party[];
  readonly waiters: readonly WaitingParty[];
  /** Its numbers, by their names in docs/ps.md. */
  readonly numbers: Readonly<Record<string, number>>;
}

/** What a backend has found in processes. */
export interface Inspected {
  readonly objects: readonly SharedFacts[];
  /** The processes that should have answered, and did not. */
  readonly silent: readonly number[];
}
