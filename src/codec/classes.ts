import * as ours from "../errors/errors.ts";
import { StateError } from "../errors/errors.ts";

/**
 * A static method `[toWire](instance)` of a registered class gives the plain data that travels in place of an instance.
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

/** A static method `[fromWire](data)` of a registered class makes an instance from the data that {@link toWire} gave. */
export const fromWire: unique symbol = Symbol.for("polyproc.fromWire") as never;

/** A class as the codec sees it. */
export interface WireClass {
  readonly prototype: object;
  readonly name: string;
  readonly [toWire]?: (instance: never) => unknown;
  readonly [fromWire]?: (data: never) => object;
}

// The errors that every process has: the language's and ours.
const languageErrors = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError];
const knownErrors = new Map<string, WireClass>([...languageErrors, ...Object.values(ours)].map((Class) => [Class.name, Class]));
const knownErrorNames = new Map<object, string>([...knownErrors].map(([name, { prototype }]) => [prototype, name]));

const registered = new Map<string, WireClass>();
const registeredByPrototype = new Map<object, WireClass>();

/**
 * Lets instances of a class travel. Call it in a module that both sides import. An instance's own enumerable fields travel, and the other
 * side makes it without calling the constructor, unless the class has {@link toWire} and {@link fromWire}. Registering a class again does
 * nothing.
 *
 * @throws {TypeError} for a value that is no class with a name
 * @throws {StateError} if another class has that name
 *
 * @example
 * ```ts
 * class Point { x = 0; y = 0; }
 * registerClass(Point);
 * ```
 */
export function registerClass(Class: abstract new (...args: never[]) => object): void {
  if (typeof Class !== "function" || typeof Class.prototype !== "object" || Class.prototype === null) {
    throw new TypeError("registerClass takes a class.");
  }
  if (Class.name === "") throw new TypeError("A class without a name can't travel: give it one.");
  const known = registered.get(Class.name) ?? knownErrors.get(Class.name);
  if (known === Class) return;
  if (known !== undefined)
    throw new StateError(`Another class named ${Class.name} is registered: rename one of them, because classes travel by their name.`);
  registered.set(Class.name, Class as WireClass);
  registeredByPrototype.set(Class.prototype, Class as WireClass);
}

/** The registered class with this prototype. */
export function classOf(prototype: object): WireClass | undefined {
  return registeredByPrototype.get(prototype);
}

/** The registered class with this name. */
export function classNamed(name: string): WireClass | undefined {
  return registered.get(name);
}

/** The name under which errors with this prototype travel, if their class is one that every process has, or a registered one. */
export function errorClassName(prototype: object): string | undefined {
  return knownErrorNames.get(prototype) ?? classOf(prototype)?.name;
}

/** The class of an error that travelled under this name. */
export function errorClassNamed(name: string): WireClass | undefined {
  const Class = knownErrors.get(name) ?? registered.get(name);
  return Class !== undefined && (Class.prototype instanceof Error || Class.prototype === Error.prototype) ? Class : undefined;
}
