import type { Port } from "../backend/contract/port.ts";
import type { Ref } from "../backend/contract/ref.ts";
import { markPrototype, markShared } from "../codec/shared-mark.ts";
import { ClosedError, UnsupportedError } from "../errors/errors.ts";
import { needingFiles, noteClosed, noteOpen, type Unclosed } from "./unclosed.ts";

/** The parts of an object that travel in addition to the reference to its port. */
export interface TravellingParts {
  /** Plain data that its class needs. */
  readonly details?: Ref["details"];
  /** Other shared objects that belong to it, such as the lock of a condition. */
  readonly companions?: readonly SharedObject[];
}

/** How an object travels that does not consist of its port alone. */
export interface Travel {
  /** Returns the parts that travel in addition to the port. */
  parts(): TravellingParts;
  /** Returns the reason why the object can't travel now, if there is one. */
  refusal?(): string | undefined;
}

const PORT_ALONE: Travel = { parts: () => ({}) };

// The port that the next constructor call takes over instead of making one. It is not a parameter, because users could pass that parameter
// too.
let adopted: Port | undefined;

/** Constructs an object that takes over this port instead of making a new one. */
export function adopt<T extends SharedObject>(port: Port, construct: () => T): T {
  adopted = port;
  try {
    return construct();
  } finally {
    adopted = undefined;
  }
}

// The library's access to the private members of SharedObject. Users have no such access.

/** Returns the port. Throws `ClosedError` after `close()`; `call` is the name of the caller for the message. */
export let openPort: <P extends Port>(object: SharedObject<P>, call: string) => P;

/** Returns the port, also after `close()`. */
export let portOf: <P extends Port>(object: SharedObject<P>) => P;

export let isClosed: (object: SharedObject) => boolean;

/** Tells how the object travels. Its constructor calls this. */
export let setTravel: (object: SharedObject, travel: Travel) => void;

export let partsOf: (object: SharedObject) => TravellingParts;

/**
 * The base class of all shared objects. Each has a port to the shared state, until it is closed. An object can be an argument of a process
 * and a part of a message. The receiver gets an object of its own for the same shared state.
 *
 * @ignore
 */
export abstract class SharedObject<P extends Port = Port> {
  readonly #port: P;
  readonly #label: string;
  readonly #open: Unclosed;
  #closed = false;
  #travel: Travel = PORT_ALONE;

  /**
   * @internal
   * @param label the word for the object in error messages
   * @param make makes the port of a new object
   */
  constructor(label: string, make: () => P) {
    const taken = adopted as P | undefined;
    adopted = undefined;
    this.#port = taken ?? needingFiles(make);
    this.#label = label;
    // A pending call must keep its object alive, or the object could be taken for one that the program has dropped. Every engine keeps the
    // `this` of an async method during an `await`, so methods await a port's promise and never return it.
    this.#open = noteOpen(this, this.#port, label);
    markShared(
      this,
      () => this.#travel.refusal?.(),
      () => this.#closed,
    );
  }

  /** Closes the object in this process. Its waiting calls reject with `ClosedError`. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    noteClosed(this.#open);
    this.#port.release();
  }

  /** Calls `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  static {
    markPrototype(SharedObject.prototype);
    openPort = (object, call) => {
      if (object.#closed) throw new ClosedError(`The ${object.#label} is closed in this process: ${call} works only before close().`);
      return object.#port;
    };
    portOf = (object) => object.#port;
    isClosed = (object) => object.#closed;
    setTravel = (object, travel) => {
      object.#travel = travel;
    };
    partsOf = (object) => object.#travel.parts();
  }
}

/** Throws the error of a blocking call, such as `getSync`, on an object whose backend has no blocking calls. */
export function noSync(name: string, twin: string): never {
  throw new UnsupportedError(
    `${name}() needs an object of the native backend, and this one has no blocking calls: await ${twin}() instead.`,
  );
}
