import type { Ref } from "./ref.ts";

/**
 * The access of one JavaScript object to a shared object. Each JavaScript object has a port of its own. The shared object lives as long as
 * any process has a port to it.
 */
export interface Port {
  /** Resolves once the owner knows of this port. Rejects if the owner is gone. */
  readonly attached: Promise<void>;
  /** Makes sure that other processes can reach the object, and returns a reference to it. */
  share(): Ref;
  /** Makes one more port to the same object. */
  again(): Port;
  /** Releases this port once its sends are complete. `sent` is false for a port that was made for a message which was not sent. */
  release(sent?: boolean): void;
  /** The name that the program gave the object, as it is shown. Whoever makes or receives the port sets it. */
  givenName?: string | undefined;
  /** Tells the object from others in `polyproc ps`. Absent, or `undefined`, if that can't be known. */
  identity?(): Identity | undefined;
  /** Resolves when a released port has closed its descriptor. Absent if `release` does that at once. */
  readonly gone?: Promise<void>;
}

/** What tells an object from all others that `polyproc ps` shows. */
export interface Identity {
  readonly backend: string;
  readonly id: string;
}

/** A port with calls that wait. */
export interface WaitingPort extends Port {
  /** Rejects this port's waiting calls. */
  withdraw(reason: () => Error): void;
  /** Whether the process that hosts the object replies within `ms` milliseconds. Absent if no other process takes part in calls. */
  responds?(ms: number): Promise<boolean>;
}

/** The calls that `waitSync` needs of a port whose backend has blocking calls. */
export interface BlockingPort {
  /** Whether a read would not have to wait. */
  pollSync(): boolean;
  /** Whether there is surely nothing to read. Only what can be filled by processes that end has it. */
  isDrainedSync?(): boolean;
  /** Blocks this thread, at most `ms` milliseconds, until an event comes for which a call of this thread may wait. */
  pumpSync(ms: number): void;
}
