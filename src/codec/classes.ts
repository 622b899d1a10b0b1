import * as ours from "../errors/errors.ts";
import { StateError } from "../errors/errors.ts";
import { builtInName, isNative } from "../util/built-in-class.ts";

/**
 * The name of a static method of a registered class. `[toWire](instance)` returns plain data, which travels instead of the instance.
 *
 * @example
 * ```ts
 * class Point {
 *   static [toWire](point: Point): number[] { return [point.x, point.y]; }
 *   static [fromWire]([x, y]: number[]): Point { return new Point(x ?? 0, y ?? 0); }
 *   readonly x: number;
 *   readonly y: number;
 *   constructor(x: number, y: number) { this.x = x; this.y = y; }
 * }
 * registerClass(Point);
 * ```
 */
export const toWire: unique symbol = Symbol.for("polyproc.toWire") as never;

/**
 * The name of a static method of a registered class. `[fromWire](data)` makes an instance from the data that {@link toWire} returned.
 *
 * @example
 * ```ts
 * class Celsius {
 *   static [toWire](temperature: Celsius): number { return temperature.degrees; }
 *   static [fromWire](degrees: number): Celsius { return new Celsius(degrees); }
 *   readonly degrees: number;
 *   constructor(degrees: number) { this.degrees = degrees; }
 * }
 * registerClass(Celsius);
 * const [a, b] = Pipe();
 * await a.send(new Celsius(20));
 * console.log(await b.recv()); // Celsius { degrees: 20 }
 * ```
 */
export const fromWire: unique symbol = Symbol.for("polyproc.fromWire") as never;

/** A class as the codec sees it. */
export interface WireClass {
  readonly prototype: object;
  readonly name: string;
  readonly [toWire]?: (instance: never) => unknown;
  readonly [fromWire]?: (data: never) => object;
}

// Errors of `using` blocks. Some engines do not have them yet.
function suppressedError(): WireClass[] {
  const { SuppressedError: Class } = globalThis as { readonly SuppressedError?: WireClass };
  return Class === undefined ? [] : [Class];
}

// The error classes that every process has: those of the language and those of this library.
const languageErrors: readonly WireClass[] = [
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  AggregateError,
  ...suppressedError(),
];
// The data of an instance of these are no fields of it, so they would stay behind.
const KEEP_DATA_INSIDE: readonly (abstract new (...args: never[]) => object)[] = [
  ...[Array, Map, Set, WeakMap, WeakSet, Date, RegExp, Promise, ArrayBuffer, DataView, Boolean, Number, String],
  Object.getPrototypeOf(Uint8Array),
];
const knownErrors = new Map<string, WireClass>([...languageErrors, ...Object.values(ours)].map((Class) => [Class.name, Class]));
const languageErrorNames: ReadonlySet<string> = new Set(languageErrors.map(({ name }) => name));
const knownErrorNames = new Map<object, string>([...knownErrors].map(([name, { prototype }]) => [prototype, name]));

const registered = new Map<string, WireClass>();
const registeredByPrototype = new Map<object, WireClass>();

/**
 * Lets instances of a class travel between processes. Call it in a module that both sides import. The own enumerable fields of an instance
 * travel, and the receiver makes the instance without calling the constructor. A class with {@link toWire} and {@link fromWire} decides
 * itself what travels. Registering the same class again does nothing. A receiver that has not registered the class refuses the whole
 * value with `SerializationError`; an error arrives all the same, as {@link RemoteError}.
 *
 * @param Class the class, which needs a name
 * @throws {TypeError} if `Class` is not a class, or has no name; if it extends a class whose data are no fields, such as `Map` or `Array`, and has
 * no `[toWire]`
 * @throws {StateError} if another class with the same name is registered
 *
 * @example
 * ```ts
 * class Size { width = 0; height = 0; }
 * registerClass(Size);
 * ```
 */
export function registerClass(Class: abstract new (...args: never[]) => object): void {
  if (typeof Class !== "function" || typeof Class.prototype !== "object" || Class.prototype === null) {
    throw new TypeError("registerClass takes a class.");
  }
  if (Class.name === "") throw new TypeError("A class without a name can't travel: give it one.");
  const inside = KEEP_DATA_INSIDE.find((each) => Class.prototype instanceof each);
  if (inside !== undefined && !(toWire in Class))
    throw new TypeError(
      `${Class.name} extends ${inside.name}, whose data are no fields: give it static methods [toWire] and [fromWire], which say what travels.`,
    );
  const known = registered.get(Class.name) ?? knownErrors.get(Class.name);
  if (known === Class) return;
  if (known !== undefined)
    throw new StateError(`Another class named ${Class.name} is registered: rename one of them, because classes travel by their name.`);
  registered.set(Class.name, Class as WireClass);
  registeredByPrototype.set(Class.prototype, Class as WireClass);
}

/** Returns the registered class with this prototype. */
export function classOf(prototype: object): WireClass | undefined {
  return registeredByPrototype.get(prototype);
}

/** Returns the registered class with this name. */
export function classNamed(name: string): WireClass | undefined {
  return registered.get(name);
}

/** Returns the name under which errors with this prototype travel. Only known and registered classes have one. */
export function errorClassName(prototype: object): string | undefined {
  return knownErrorNames.get(prototype) ?? classOf(prototype)?.name ?? languageErrorName(prototype);
}

/** Whether this is the name of an error class of the language. */
export function isLanguageError(name: string): boolean {
  return languageErrorNames.has(name);
}

// Other realms have a `TypeError` of their own. The modules of a runtime put prototypes before it that name it as their constructor. Both
// are taken as `TypeError`. A class of the program is none, because its constructor is written in JavaScript.
function languageErrorName(prototype: object): string | undefined {
  const Class: unknown = prototype.constructor;
  if (!isNative(Class) || !isLanguageError(Class.name)) return undefined;
  return (prototype as { readonly name?: unknown }).name === Class.name ? Class.name : undefined;
}

/** Returns the class of an error that travelled under this name. */
export function errorClassNamed(name: string): WireClass | undefined {
  const Class = knownErrors.get(name) ?? registered.get(name);
  return Class !== undefined && isErrorClass(Class.prototype) ? Class : undefined;
}

// A registered class may be of another realm than this module, with another `Error` above it.
function isErrorClass(prototype: object): boolean {
  for (let each: object | null = prototype; each !== null; each = Object.getPrototypeOf(each) as object | null)
    if (each === Error.prototype || builtInName(each) === "Error") return true;
  return false;
}
