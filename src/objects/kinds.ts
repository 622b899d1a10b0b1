import type { Kind } from "../backend/contract/kind.ts";
import type { Port } from "../backend/contract/port.ts";
import type { SharedObject } from "./shared-object.ts";

/** The parts that came with the reference to an object. They come from another process, so the object's class checks them. */
export interface ReceivedParts {
  readonly details: unknown;
  readonly companions: readonly SharedObject[];
}

type Adopt = (port: never, parts: ReceivedParts) => SharedObject;

const kinds = new Map<string, Adopt>();

/**
 * Registers the function that makes an object of a kind from a port that came in a message. api/kinds.ts registers the library's own kinds.
 */
export function registerKind<P extends Port, S, M>(kind: Kind<P, S, M>, adopt: (port: P, parts: ReceivedParts) => SharedObject): void {
  kinds.set(kind.name, adopt);
}

/** Returns the function that makes an object of this kind from its port, or `undefined` for an unknown kind. */
export function adoptionOf(kind: string): Adopt | undefined {
  return kinds.get(kind);
}
