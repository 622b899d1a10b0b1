const refusals = new WeakMap<object, () => string | undefined>();

// All copies of this package have the same symbol, so that one copy recognises the objects of another.
const SHARED = Symbol.for("polyproc.shared");

/** Marks the prototype of all shared objects of this copy of the package. */
export function markPrototype(prototype: object): void {
  Object.defineProperty(prototype, SHARED, { value: true });
}

/** Whether this is a shared object of another copy of the package, which was loaded from another place or in another realm. */
export function isOfOtherCopy(object: object): boolean {
  return SHARED in object && !isShared(object);
}

/** Lets an object travel as a reference. `refusal` returns the reason why it can't travel now, if there is one. */
export function markShared(object: object, refusal: () => string | undefined): void {
  refusals.set(object, refusal);
}

export function isShared(object: object): boolean {
  return refusals.has(object);
}

/** Returns the reason why a shared object can't travel now, if there is one. */
export function refusalOf(object: object): string | undefined {
  return refusals.get(object)?.();
}
