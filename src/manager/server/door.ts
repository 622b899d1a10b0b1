import type { ManagedObject } from "../managed-object.ts";

/** Lets processes outside of the tree use the objects that are exposed. */
export interface Door {
  /** Gives an object a name. A second object of that name takes the place of the first. */
  expose(name: string, object: ManagedObject): void;
}
