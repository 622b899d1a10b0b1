// Whatever bytes come: what every object inherits from stays as it was.
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

type Slots = ReadonlyMap<PropertyKey, PropertyDescriptor>;

function slotsOf(object: object): Slots {
  return new Map(Reflect.ownKeys(object).map((key) => [key, Reflect.getOwnPropertyDescriptor(object, key) ?? {}]));
}

// What RegExp remembers of its last match is no pollution.
const MOVING = /^(\$|input|lastMatch|lastParen|leftContext|rightContext|stackTraceLimit)/;

function differs(object: object, before: Slots): PropertyKey | undefined {
  const now = slotsOf(object);
  for (const key of new Set([...before.keys(), ...now.keys()])) {
    if (typeof key === "string" && MOVING.test(key)) continue;
    const [was, is] = [before.get(key), now.get(key)];
    if (!Object.is(was?.value, is?.value) || was?.get !== is?.get || was?.set !== is?.set || (was === undefined) !== (is === undefined))
      return key;
  }
  return undefined;
}

/** Takes note of the built-in prototypes; the returned function throws if one of them has changed. */
export function watchPrototypes(): () => void {
  const before = PROTOTYPES.map((object) => [object, slotsOf(object)] as const);
  const parents = PROTOTYPES.map((object) => Object.getPrototypeOf(object) as unknown);
  return () => {
    for (const [i, [object, slots]] of before.entries()) {
      const key = differs(object, slots);
      if (key !== undefined) throw new Error(`a prototype was polluted: ${String(key)}`);
      if (Object.getPrototypeOf(object) !== parents[i]) throw new Error("a prototype has another prototype");
    }
  };
}

/** Throws at once for the usual victim. */
export function checkPlain(): void {
  for (const _key in {}) throw new Error(`every object inherits ${_key} now`);
  if (({} as { polluted?: unknown }).polluted !== undefined) throw new Error("({}).polluted is there");
}
