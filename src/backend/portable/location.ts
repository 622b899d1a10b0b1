import { malformedReference } from "../../errors/messages.ts";

/** The name of this backend. */
export const NAME = "portable";

/** Returns the part of an object's id that `polyproc ps` shows. */
export function inspectedId(id: string): string {
  return id.slice(0, 8);
}

/** The location of an object of this backend. */
export interface Location {
  /** The address of the hub that hosts it. */
  readonly hub: string;
  readonly id: string;
}

/** A location that came from another process, with fields that depend on the kind of object. */
export type ReceivedLocation = Location & Readonly<Record<string, unknown>>;

/** Checks the location in a reference from another process. */
export function checkLocation(location: unknown): ReceivedLocation {
  const { hub, id } = (typeof location === "object" && location !== null ? location : {}) as Partial<Record<keyof Location, unknown>>;
  if (typeof hub !== "string" || typeof id !== "string") throw malformedReference();
  return location as ReceivedLocation;
}
