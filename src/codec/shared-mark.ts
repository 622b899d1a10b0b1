const refusals = new WeakMap<object, () => string | undefined>();

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
