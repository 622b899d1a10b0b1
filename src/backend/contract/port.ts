import type { Ref } from "./ref.ts";

/**
 * One user of a shared object in this process: each object of JavaScript has a port of its own. The shared object lives while any port
 * to it exists, in any process.
 */
export interface Port {
  /** Resolves once the owner knows of this port. Rejects if the owner is gone. */
  readonly attached: Promise<void>;
  /** Makes sure that other processes can reach the object, and says where it is. */
  share(): Ref;
  /** One more port to the same object. */
  again(): Port;
  /** Ends this port once what it still sends is out. `sent` is false for a port that was made to travel and did not. */
  release(sent?: boolean): void;
}

/** A port with calls that wait. */
export interface WaitingPort extends Port {
  /** Rejects this port's waiting calls. */
  withdraw(reason: () => Error): void;
}

/** The calls that `waitSync` needs of a port whose backend has blocking calls. */
export interface BlockingPort {
  /** Whether a read would not wait. */
  pollSync(): boolean;
  /** Blocks this thread until something that a call of this thread waits for may have come, `ms` at most. */
  pumpSync(ms: number): void;
}
