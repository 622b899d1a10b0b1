import { malformedReference } from "../../../errors/messages.ts";
import { isNumberType, type NumberType } from "../../../util/number-types.ts";
import { isMemoryName } from "../../contract/memory.ts";
import type { Ref } from "../../contract/ref.ts";

/** The name of this backend. */
export const NATIVE = "native";

/** The location of a native object, as it stands in references. */
export interface Location extends LocationFields {
  /** The address of the keeper that has the object's descriptor. It is empty if the message itself carries the descriptor. */
  readonly keeper: string;
  /** The token under which the keeper has the descriptor. */
  readonly token: string;
  /** The tokens of further descriptors that belong to the object. */
  readonly more?: readonly string[];
}

/** Where the process that made an object lends its descriptor to others, for as long as it has the object open. */
export interface Home {
  readonly keeper: string;
  readonly token: string;
}

/** The data that some kinds of objects need besides their descriptor. */
export interface LocationFields {
  /** The object's own name. By it, a process that gets the object again finds it among its open objects. */
  readonly identity?: string;
  /** It serves a receiver whose sender has ended. */
  readonly home?: Home | undefined;
  /** Whether this end of a pipe can be read and written. */
  readonly readable?: boolean;
  readonly writable?: boolean;
  /** The type of shared numbers. */
  readonly type?: NumberType;
  /** The number that a manager's object has in its server. */
  readonly object?: number;
  /** The name of memory that has one. */
  readonly name?: string | undefined;
}

/** Checks the location in a reference, which came from another process. */
export function checkLocation({ location }: Ref): Location {
  if (typeof location === "object" && location !== null) {
    const { keeper, token, more, identity, home, readable, writable, type, object, name } = location as Record<string, unknown>;
    const isSound =
      typeof keeper === "string" &&
      typeof token === "string" &&
      isOptional("string", identity) &&
      (home === undefined || isHome(home)) &&
      isOptional("boolean", readable) &&
      isOptional("boolean", writable) &&
      (more === undefined || (Array.isArray(more) && more.every((each) => typeof each === "string"))) &&
      (type === undefined || isNumberType(type)) &&
      isOptional("number", object) &&
      (name === undefined || (typeof name === "string" && isMemoryName(name)));
    if (isSound) return location as Location;
  }
  throw malformedReference();
}

/** Returns the locations of the native objects among these references. */
export function locationsOf(refs: readonly Ref[]): Location[] {
  return refs.filter(({ backend }) => backend === NATIVE).map(checkLocation);
}

function isHome(home: unknown): boolean {
  if (typeof home !== "object" || home === null) return false;
  const { keeper, token } = home as Record<string, unknown>;
  return typeof keeper === "string" && typeof token === "string";
}

function isOptional(type: "string" | "boolean" | "number", value: unknown): boolean {
  return value === undefined || typeof value === type;
}
