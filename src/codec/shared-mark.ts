const handles = new WeakMap<object, () => unknown>();

/** Lets an object travel as a reference; `handle` gives what is behind it, or throws if it can't travel now. */
export function markShared(object: object, handle: () => unknown): void {
  handles.set(object, handle);
}

export function isShared(object: object): boolean {
  return handles.has(object);
}

/** What is behind a shared object. */
export function handleOf(object: object): unknown {
  return handles.get(object)?.();
}
