// Each realm has built-in classes of its own: a vm context, a test file in jest, and the modules of Node that such a file uses. An object of
// another realm is none of this realm's `Map`, but has the same data inside, which the methods of this realm's `Map` can read.

/**
 * Returns the name of the built-in class of any realm to which a prototype belongs, such as "Map". A class of the program that has the same
 * name is none.
 */
export function builtInName(prototype: object): string | undefined {
  const Class: unknown = prototype.constructor;
  if (typeof Class !== "function" || Class.prototype !== prototype || !isNative(Class)) return undefined;
  return Class.name;
}

/** Whether a function or class is a part of the language, and not written in JavaScript. */
export function isNative(Class: unknown): Class is { readonly name: string; readonly prototype: unknown } {
  return typeof Class === "function" && /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(Class));
}

const brand = (Error as { readonly isError?: (value: unknown) => boolean }).isError;

/** Whether a value is an error of any realm. */
export function isError(value: object): value is Error {
  // An engine without `isError` shows it in this way, unless the object has a tag of its own.
  return value instanceof Error || (brand === undefined ? Object.prototype.toString.call(value) === "[object Error]" : brand(value));
}

const lengthOf = lengthGetter(ArrayBuffer);
const sharedLengthOf = typeof SharedArrayBuffer === "undefined" ? undefined : lengthGetter(SharedArrayBuffer);

/** Whether a value is an ArrayBuffer of any realm. */
export function isBuffer(value: unknown): value is ArrayBuffer {
  return value instanceof ArrayBuffer || reads(lengthOf, value);
}

/** Whether a value is a SharedArrayBuffer of any realm. */
export function isSharedBuffer(value: unknown): value is SharedArrayBuffer {
  return reads(sharedLengthOf, value);
}

function lengthGetter(Class: { readonly prototype: object }): (() => unknown) | undefined {
  return Object.getOwnPropertyDescriptor(Class.prototype, "byteLength")?.get;
}

// The getter throws for an object that does not have the data of its class inside.
function reads(getter: (() => unknown) | undefined, value: unknown): boolean {
  try {
    return getter !== undefined && getter.call(value) !== undefined;
  } catch {
    return false;
  }
}
