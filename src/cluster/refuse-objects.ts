import type { Ref } from "../backend/contract/ref.ts";
import { SerializationError } from "../errors/errors.ts";

/** Throws `SerializationError` if a message to another host has shared objects. `to` says who gets it. */
export function refuseObjects([ref]: readonly Ref[], to: "workers" | "processes"): void {
  if (ref === undefined) return;
  throw new SerializationError(
    `A ${ref.kind} can't be passed to the ${to} of a cluster, because they have no connection to what it belongs to: pass its name, and call connectCluster() there.`,
  );
}
