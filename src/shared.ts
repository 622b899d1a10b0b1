import type { Backend, Port } from "./backend/backend.ts";
import { type BackendName, chooseBackend } from "./backend/select.ts";
import { UnsupportedError } from "./errors.ts";
import { markShared } from "./wire/shared.ts";

// A safety net for objects that nobody closed: correctness never depends on it.
const collected = new FinalizationRegistry<Port>((port) => port.release());

/** Lets the object travel: `open` gives its port, or throws if the object is closed. */
export function shareable(object: object, port: Port, open: () => Port): void {
  collected.register(object, port);
  markShared(object, open);
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
