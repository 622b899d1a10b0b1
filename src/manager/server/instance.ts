import type { Callable } from "../../target/target.ts";
import { describe } from "../../util/describe.ts";
import { Status } from "../outcome.ts";
import type { Host } from "./host.ts";
import { iteratorOf, iteratorServant } from "./iterator.ts";
import { noMethod, type Servant } from "./servant.ts";

type AnyFunction = (...args: unknown[]) => unknown;

/** An instance of a user's class, in its server, and the names of its methods. */
export interface Instance {
  readonly servant: Servant;
  readonly methods: readonly string[];
}

/** Makes an instance of a class. Throws `TypeError` for what is no class, and what the constructor throws. */
export function makeInstance(Class: Callable, args: readonly unknown[], host: Host): Instance {
  if (!isClass(Class)) throw new TypeError(`${describe(Class)} is no class: create() takes an exported class.`);
  const instance = Reflect.construct(Class, args) as Record<string, AnyFunction>;
  const methods = publicMethods(Class.prototype as object);
  const what = `The class ${Class.name}`;
  const servant: Servant = {
    call: (method, given) => {
      if (!methods.has(method)) throw noMethod(what, method);
      const result = (instance[method] as AnyFunction)(...given);
      return result instanceof Promise ? result.then((value) => asResult(value, host)) : asResult(result, host);
    },
  };
  return { servant, methods: [...methods] };
}

function isClass(Class: Callable): boolean {
  return typeof Class.prototype === "object" && Class.prototype !== null;
}

/**
 * Returns the names of the methods that proxies have: those of the class and of its base classes, but not those that begin with an
 * underscore, which are private by custom. A method `then` would make a promise of each proxy.
 */
function publicMethods(prototype: object): ReadonlySet<string> {
  const names = new Set<string>();
  for (let from: object | null = prototype; from !== null && from !== Object.prototype; from = Object.getPrototypeOf(from))
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(from)))
      if (typeof value === "function" && name !== "constructor" && name !== "then" && !name.startsWith("_")) names.add(name);
  return names;
}

// An iterator stays in the server, and its values travel one by one.
function asResult(result: unknown, host: Host): unknown {
  const iterator = iteratorOf(result);
  return iterator === undefined ? result : host.handOver(host.make("iterator", iteratorServant(iterator)), Status.iterator);
}
