import type { Backend, Port } from "../backend/contract/backend.ts";
import { type BackendName, chooseBackend } from "../backend/registry.ts";
import { markShared } from "../codec/shared-mark.ts";
import { ClosedError, UnsupportedError } from "../errors/errors.ts";

// A safety net for objects that nobody closed: correctness never depends on it. A pending call keeps its object, as every engine keeps the
// `this` of an async method that is in an `await`; so methods await what a port gives them, and never return its promise.
const collected = new FinalizationRegistry<Port>((port) => port.release());

/** An object's hold on what it stands for, until it is closed; with it the object can travel. */
export class Hold<P extends Port> {
  readonly port: P;
  readonly #name: string;
  #closed = false;

  /**
   * @param name what users call the object
   * @param object this hold itself by default
   */
  constructor(port: P, name: string, object?: object) {
    this.port = port;
    this.#name = name;
    collected.register(object ?? this, port);
    markShared(object ?? this, () => this.open("sending it"));
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The port, for a call of this name. Throws `ClosedError` after `close()`. */
  open(what: string): P {
    if (this.#closed) throw new ClosedError(`The ${this.#name} is closed in this process: ${what} works only before close().`);
    return this.port;
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.port.release();
  }
}

/** What every `Sync` twin does on a backend without blocking calls. */
export function noSync(name: string, instead: string): never {
  throw new UnsupportedError(`${name}() needs the native backend, and this object is of the portable one: await ${instead}() instead.`);
}

const bound = Symbol("backend");

/** A class whose objects live in this backend. */
export function bindBackend<C extends object>(Class: C, name: BackendName): C {
  return Object.defineProperty(Class, bound, { value: name });
}

/** The name of the backend that a class is bound to. */
export function boundBackend(Class: object): BackendName | undefined {
  return (Class as { readonly [bound]?: BackendName })[bound];
}

/** The backend for new objects of a class. */
export function backendFor(Class: object): Backend {
  return chooseBackend(boundBackend(Class));
}
