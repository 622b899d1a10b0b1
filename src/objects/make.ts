import type { Kind } from "../backend/contract/kind.ts";
import type { Port } from "../backend/contract/port.ts";
import { describe } from "../util/describe.ts";
import { backendFor } from "./backend-binding.ts";

/** Options that every shared object has. */
export interface ObjectOptions {
  /** A label. On a backend that connects many hosts, other hosts find the object by it. Default: none. */
  readonly name?: string | undefined;
}

/** Makes a new object for a class, in the backend that the class is bound to. Throws `TypeError` for a name that is not a string. */
export function makeFor<P extends Port, S, M>(Class: object, kind: Kind<P, S, M>, settings: S, options: ObjectOptions = {}): M {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`The options of the ${kind.label} must be an object, received ${describe(options)}.`);
  const { name } = options;
  if (name !== undefined && typeof name !== "string") throw new TypeError(`name must be a string, received ${describe(name)}.`);
  return backendFor(Class).make(kind, settings, { name });
}
