import type { Kind } from "../backend/contract/kind.ts";
import type { Port } from "../backend/contract/port.ts";
import type { SharedObject } from "./shared-object.ts";

/** What came with the reference to an object. It came from another process: the class checks it. */
export interface ReceivedParts {
  readonly details: unknown;
  readonly companions: readonly SharedObject[];
}

type Adopt = (port: never, parts: ReceivedParts) => SharedObject;

const kinds = new Map<string, Adopt>();

/** Tells how a port that came in a message becomes an object. The library's own kinds are listed in api/kinds.ts. */
export function registerKind<P extends Port, S, M>(kind: Kind<P, S, M>, adopt: (port: P, parts: ReceivedParts) => SharedObject): void {
  kinds.set(kind.name, adopt);
}

/** How an object of this kind is made from its port; `undefined` for an unknown kind. */
export function adoptionOf(kind: string): Adopt | undefined {
  return kinds.get(kind);
}
