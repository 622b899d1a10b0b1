/** A reference to a shared object. It is plain data, and travels beside the value that contains the object. */
export interface Ref {
  /** The name of its kind (see kind.ts). */
  readonly kind: string;
  /** The name of the backend in which it lives. */
  readonly backend: string;
  /** The data with which that backend finds the object. It comes from another process, so the backend checks it. */
  readonly location: unknown;
  /** The name that the program gave the object, as it is shown. */
  readonly givenName?: string | undefined;
  /** Data that the object's class needs in addition to the port. The class checks it. */
  readonly details?: unknown;
  /** Other objects of the same message that belong to it, by their index in the message's references. */
  readonly companions?: readonly number[];
}

/** Whether a value from another process has the form of a reference. */
export function isRef(value: unknown): value is Ref {
  if (typeof value !== "object" || value === null) return false;
  const { kind, backend, companions } = value as Record<string, unknown>;
  if (typeof kind !== "string" || typeof backend !== "string") return false;
  return companions === undefined || (Array.isArray(companions) && companions.every((index) => Number.isSafeInteger(index) && index >= 0));
}
