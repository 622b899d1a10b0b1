import type { Port } from "../backend/contract/port.ts";
import type { Ref } from "../backend/contract/ref.ts";
import { markShared } from "../codec/shared-mark.ts";
import { ClosedError, UnsupportedError } from "../errors/errors.ts";

/** What travels with an object besides the reference to its port. */
export interface TravellingParts {
  /** Plain data that its class needs. */
  readonly details?: Ref["details"];
  /** Other shared objects that belong to it, such as the lock of a condition. */
  readonly companions?: readonly SharedObject[];
}

const NO_PARTS: TravellingParts = {};

// Releases the ports of objects that nobody closed. It is a safety net: correctness never depends on it. A pending call keeps its object,
// because every engine keeps the `this` of an async method that is in an `await`. So methods await what a port gives them, and never
// return its promise.
const collected = new FinalizationRegistry<Port>((port) => port.release());

// The port that the next constructor takes over instead of making one. JavaScript has no second constructor, and the first one shall have
// no parameter that users must not give.
let adopted: Port | undefined;

/** Runs a constructor for an object that exists already: it takes over this port. */
export function adopt<T extends SharedObject>(port: Port, construct: () => T): T {
  adopted = port;
  try {
    return construct();
  } finally {
    adopted = undefined;
  }
}

// The library's own access to what users can't reach.

/** The port, for a call of this name. Throws `ClosedError` after `close()`. */
export let openPort: <P extends Port>(object: SharedObject<P>, call: string) => P;

/** The port, also after `close()`. */
export let portOf: <P extends Port>(object: SharedObject<P>) => P;

export let isClosed: (object: SharedObject) => boolean;

export let partsOf: (object: SharedObject) => TravellingParts;

/**
 * What all shared objects have in common: a port to what they stand for, until they are closed. An object can be an argument of a process
 * and part of a message; the receiver gets an object of its own.
 */
export abstract class SharedObject<P extends Port = Port> {
  readonly #port: P;
  readonly #label: string;
  #closed = false;

  /**
   * @param label what users call the object, for messages
   * @param make makes the port of a new object
   */
  constructor(label: string, make: () => P) {
    const taken = adopted as P | undefined;
    adopted = undefined;
    this.#port = taken ?? make();
    this.#label = label;
    collected.register(this, this.#port);
    markShared(this, () => this.refusal());
  }

  /** Lets this process go of the object. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#port.release();
  }

  /** As `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** What travels besides the port. */
  protected parts(): TravellingParts {
    return NO_PARTS;
  }

  /** Why the object can't travel, if it can't. */
  protected refusal(): string | undefined {
    return undefined;
  }

  static {
    openPort = (object, call) => {
      if (object.#closed) throw new ClosedError(`The ${object.#label} is closed in this process: ${call} works only before close().`);
      return object.#port;
    };
    portOf = (object) => object.#port;
    isClosed = (object) => object.#closed;
    partsOf = (object) => object.parts();
  }
}

/** What each `Sync` twin does where the object's backend has no blocking calls. */
export function noSync(name: string, twin: string): never {
  throw new UnsupportedError(
    `${name}() needs an object of the native backend, and this one has no blocking calls: await ${twin}() instead.`,
  );
}
