// Detects pollution of the built-in classes: no input may change what every object inherits.
const PROTOTYPES: readonly object[] = [
  Object,
  Function,
  Array,
  Map,
  Set,
  Date,
  RegExp,
  Error,
  TypeError,
  AggregateError,
  Promise,
  String,
  Number,
  ArrayBuffer,
  Uint8Array,
].flatMap((Class) => [Class, Class.prototype as object]);

type Properties = ReadonlyMap<PropertyKey, PropertyDescriptor>;

function propertiesOf(object: object): Properties {
  return new Map(Reflect.ownKeys(object).map((key) => [key, Reflect.getOwnPropertyDescriptor(object, key) ?? {}]));
}

// The results of the last match, which RegExp keeps in properties of its own, change all the time.
const CHANGING = /^(\$|input|lastMatch|lastParen|leftContext|rightContext|stackTraceLimit)/;

function changedProperty(object: object, before: Properties): PropertyKey | undefined {
  const now = propertiesOf(object);
  for (const key of new Set([...before.keys(), ...now.keys()])) {
    if (typeof key === "string" && CHANGING.test(key)) continue;
    const [was, is] = [before.get(key), now.get(key)];
    if (!Object.is(was?.value, is?.value) || was?.get !== is?.get || was?.set !== is?.set || (was === undefined) !== (is === undefined))
      return key;
  }
  return undefined;
}

/** Remembers the built-in classes and prototypes. The returned function throws if one of them has changed since. */
export function watchPrototypes(): () => void {
  const before = PROTOTYPES.map((object) => [object, propertiesOf(object)] as const);
  const parents = PROTOTYPES.map((object) => Object.getPrototypeOf(object) as unknown);
  return () => {
    for (const [i, [object, properties]] of before.entries()) {
      const key = changedProperty(object, properties);
      if (key !== undefined) throw new Error(`a prototype was polluted: ${String(key)}`);
      if (Object.getPrototypeOf(object) !== parents[i]) throw new Error("a prototype has another prototype");
    }
  };
}

/** A cheap check of `Object.prototype`, the usual victim. Throws if it has gained an enumerable property. */
export function checkPlain(): void {
  for (const _key in {}) throw new Error(`every object inherits the property ${_key} now`);
  if (({} as { polluted?: unknown }).polluted !== undefined) throw new Error("every object inherits the property polluted now");
}
