import { asRefusal, Refusal } from "./refusal.ts";

/** Reads a property. If its getter throws, returns a text that says so. */
export function readOrDescribe(object: object, key: string): unknown {
  try {
    return (object as Record<string, unknown>)[key];
  } catch (error) {
    return asRefusal(error).description;
  }
}

/** Defines an own property of a decoded object, without running a setter. */
export function defineField(object: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(object, key, { value, enumerable, writable: true, configurable: true });
}

/** Returns the enumerable symbols that an object has as keys. */
export function symbolsOf(object: object): symbol[] {
  const symbols = Object.getOwnPropertySymbols(object);
  return symbols.length === 0 ? symbols : symbols.filter((own) => Object.prototype.propertyIsEnumerable.call(object, own));
}

/** Refuses an object with a symbol as a key, which would be lost. */
export function refuseSymbols(object: object): void {
  const [symbol] = symbolsOf(object);
  if (symbol !== undefined) throw new Refusal(`it has a symbol as a key (${String(symbol)})`);
}
