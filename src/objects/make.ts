import type { Kind } from "../backend/contract/kind.ts";
import type { Port } from "../backend/contract/port.ts";
import { describe } from "../util/describe.ts";
import { optionNames, refuseUnknown } from "../util/known-options.ts";
import { backendFor } from "./backend-binding.ts";
import { nameObject } from "./named.ts";

/** Options that every shared object has. */
export interface ObjectOptions {
  /**
   * A label, by which logs and `polyproc ps` call the object. They show 64 characters of it. On a backend that connects many hosts, other
   * hosts find the object by it. Default: none.
   */
  readonly name?: string | undefined;
}

const OBJECT_OPTIONS: readonly string[] = optionNames<ObjectOptions>({ name: true });

/**
 * Makes a new object for a class, in the backend that the class is bound to. Throws `TypeError` for an option that does not exist, and for
 * a name that is not a string.
 *
 * @param names the options that exist, if the class has more than those of every shared object
 */
export function makeFor<P extends Port, S>(
  Class: object,
  kind: Kind<P, S>,
  settings: S,
  options: ObjectOptions = {},
  names: readonly string[] = OBJECT_OPTIONS,
): P {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`The options of the ${kind.label} must be an object, received ${describe(options)}.`);
  refuseUnknown(options, names, `the ${kind.label}`);
  const name = checkName(options.name);
  const port = backendFor(Class).make(kind, settings, { name });
  nameObject(port, name);
  return port;
}

/** Checks the option `name`. */
export function checkName(name: unknown): string | undefined {
  if (name !== undefined && typeof name !== "string") throw new TypeError(`name must be a string, received ${describe(name)}.`);
  return name;
}
