import type { Backend } from "../backend/contract/backend.ts";
import { chooseBackend } from "../backend/registry.ts";

const bound = Symbol("backend");

/** Binds a class to a backend, so that its new objects live there. */
export function bindBackend<C extends object>(Class: C, name: string): C {
  return Object.defineProperty(Class, bound, { value: name });
}

/** Returns the name of the backend to which a class is bound, if there is one. */
export function boundBackend(Class: object): string | undefined {
  return (Class as { readonly [bound]?: string })[bound];
}

/** Returns the backend for new objects of a class. */
export function backendFor(Class: object): Backend {
  return chooseBackend(boundBackend(Class));
}
