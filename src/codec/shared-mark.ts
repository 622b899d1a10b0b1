/** What the codec asks of an object of this package. */
interface Mark {
  /** Returns the reason why the object can't travel now, if there is one. */
  readonly refusal: () => string | undefined;
  readonly isClosed: () => boolean;
}

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

const marks = new WeakMap<object, Mark>();

/** Lets an object travel as a reference. */
export function markShared(object: object, refusal: () => string | undefined, isClosed: () => boolean = () => false): void {
  marks.set(object, { refusal, isClosed });
}

/** Refuses an object of this package that other processes can't use, also if a program registers its class. */
export function markLocal(object: object, what: string, instead: string): void {
  const reason = `it is ${what}, which works only in the process that made it: ${instead}`;
  marks.set(object, { refusal: () => reason, isClosed: () => false });
}

export function isShared(object: object): boolean {
  return marks.has(object);
}

/** Returns the reason why a shared object can't travel now, if there is one. A closed object has none: sending it throws `ClosedError`. */
export function refusalOf(object: object): string | undefined {
  return marks.get(object)?.refusal();
}

export function isClosedHere(object: object): boolean {
  return marks.get(object)?.isClosed() === true;
}
