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

/** A static method `[fromWire](data)` of a registered class makes the instance from what {@link toWire} gave. */
export const fromWire: unique symbol = Symbol.for("polyproc.fromWire") as never;

/** A class as the codec sees it. */
export interface WireClass {
  readonly prototype: object;
  readonly name: string;
  readonly [toWire]?: (instance: never) => unknown;
  readonly [fromWire]?: (data: never) => object;
}

const registered = new Map<string, WireClass>();
const namesByPrototype = new Map<object, string>();

/**
 * Lets instances of a class travel: call it in the modules that both sides import. Own enumerable fields travel, and the instance is made
 * without its constructor, unless the class has {@link toWire} and {@link fromWire}. Registering it again is no error.
 *
 * @throws {TypeError} for what is no class with a name
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
  const known = registered.get(Class.name) ?? errorClasses.get(Class.name);
  if (known === Class) return;
  if (known !== undefined)
    throw new StateError(`Another class named ${Class.name} is registered: rename one of them, the name is what travels.`);
  registered.set(Class.name, Class as WireClass);
  namesByPrototype.set(Class.prototype, Class.name);
}

/** How one of our own classes travels: in parts, under a name that no user's class has. */
export function registerOwn<T extends object, P>(name: string, prototype: T, parts: (instance: T) => P, whole: (parts: P) => T): void {
  registered.set(name, { prototype, name, [toWire]: parts, [fromWire]: whole });
  namesByPrototype.set(prototype, name);
}

/** Lets instances of a subclass travel under the name of its base. */
export function travelAs(prototype: object, name: string): void {
  namesByPrototype.set(prototype, name);
}

/** The registered class of this prototype. */
export function classOf(prototype: object): WireClass | undefined {
  const name = namesByPrototype.get(prototype);
  return name === undefined ? undefined : registered.get(name);
}

export function classNamed(name: string): WireClass | undefined {
  return registered.get(name);
}

const builtIn = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError];
const errorClasses = new Map<string, WireClass>([...builtIn, ...Object.values(ours)].map((Class) => [Class.name, Class]));
const errorNames = new Map<object, string>([...errorClasses].map(([name, { prototype }]) => [prototype, name]));

/** The name under which errors of this prototype travel, if their class is one that every process has, or a registered one. */
export function errorClassName(prototype: object): string | undefined {
  return errorNames.get(prototype) ?? namesByPrototype.get(prototype);
}

/** The class of an error that travelled under this name. */
export function errorClassNamed(name: string): WireClass | undefined {
  const Class = errorClasses.get(name) ?? registered.get(name);
  return Class !== undefined && (Class.prototype instanceof Error || Class.prototype === Error.prototype) ? Class : undefined;
}
