import type { Kind } from "../backend/contract/kind.ts";
import type { Port } from "../backend/contract/port.ts";
import { describe } from "../util/describe.ts";
import { backendFor } from "./backend-binding.ts";

/** Options of every shared object. */
export interface ObjectOptions {
  /** A label. On a backend of many hosts it is the address under which other hosts find the object. */
  readonly name?: string | undefined;
}

/** Makes a new object for a class, in the backend that the class is bound to. Throws `TypeError` for a name that is no string. */
export function makeFor<P extends Port, S, M>(Class: object, kind: Kind<P, S, M>, settings: S, options: ObjectOptions = {}): M {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`The options of a ${kind.label} must be an object, received ${describe(options)}.`);
  const { name } = options;
  if (name !== undefined && typeof name !== "string") throw new TypeError(`name must be a string, received ${describe(name)}.`);
  return backendFor(Class).make(kind, settings, { name });
}
