import type { Backend } from "../backend/contract/backend.ts";
import { chooseBackend } from "../backend/registry.ts";

const bound = Symbol("backend");

/** Binds a class to a backend: its new objects live there. */
export function bindBackend<C extends object>(Class: C, name: string): C {
  return Object.defineProperty(Class, bound, { value: name });
}

/** The name of the backend that a class is bound to. */
export function boundBackend(Class: object): string | undefined {
  return (Class as { readonly [bound]?: string })[bound];
}

/** The backend for new objects of a class. */
export function backendFor(Class: object): Backend {
  return chooseBackend(boundBackend(Class));
}
