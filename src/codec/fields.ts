import { Refusal } from "./refusal.ts";

/** Reads a property of an object that is being encoded. Throws a `Refusal` if the property's getter throws. */
export function readField(object: object, key: string): unknown {
  try {
    return (object as Record<string, unknown>)[key];
  } catch (error) {
    throw new Refusal(`reading it threw: ${String(error)}`, error).inside(key);
  }
}

/** Defines an own property of a decoded object, without running a setter. */
export function defineField(object: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(object, key, { value, enumerable, writable: true, configurable: true });
}

/** Refuses an object with a symbol as a key, which would be lost. */
export function refuseSymbols(object: object): void {
  const symbols = Object.getOwnPropertySymbols(object);
  if (symbols.length === 0) return;
  const symbol = symbols.find((own) => Object.prototype.propertyIsEnumerable.call(object, own));
  if (symbol !== undefined) throw new Refusal(`it has a symbol as a key (${String(symbol)})`);
}
