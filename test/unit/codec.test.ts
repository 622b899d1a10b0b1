import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromWire, registerClass, toWire } from "../../src/codec/classes.ts";
import { decode } from "../../src/codec/decode.ts";
import { encode } from "../../src/codec/encode.ts";
import { markShared } from "../../src/codec/shared-mark.ts";
import { RemoteError, SerializationError, StateError } from "../../src/errors/errors.ts";

const roundTrip = (value: unknown): unknown => decode(encode(value).bytes);

class Point {
  x: number;
  y: number;
  next?: Point;
  constructor(x: number, y: number) {
    if (new.target === undefined) throw new Error("unreachable");
    this.x = x;
    this.y = y;
  }
  set evil(_value: unknown) {
    throw new Error("a setter ran");
  }
}
registerClass(Point);

class Money {
  readonly #cents: bigint;
  constructor(cents: bigint) {
    this.#cents = cents;
  }
  get cents(): bigint {
    return this.#cents;
  }
  static [toWire](money: Money): bigint {
    return money.#cents;
  }
  static [fromWire](cents: bigint): Money {
    return new Money(cents);
  }
}
registerClass(Money);

class AppError extends TypeError {
  readonly status: number = 418;
}
registerClass(AppError);

function refused(value: unknown): SerializationError {
  try {
    encode(value);
  } catch (error) {
    if (error instanceof SerializationError) return error;
    throw error;
  }
  throw new Error("it was encoded");
}

describe("values", () => {
  it("plain data of every kind survives", () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withNullPrototype: true,
          withSparseArray: true,
          withObjectString: false,
          withUnicodeString: true,
        }),
        (value) => {
          expect(roundTrip(value)).toStrictEqual(value);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("strings of any code units and numbers of any bits survive", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 200 }),
        (units) => roundTrip(String.fromCharCode(...units)) === String.fromCharCode(...units),
      ),
      { numRuns: 1000 },
    );
    fc.assert(fc.property(fc.double(), (n) => Object.is(roundTrip(n), n)));
    fc.assert(fc.property(fc.bigInt(), (n) => roundTrip(n) === n));
    for (const n of [-0, 0, 127, 128, -1, 2 ** 31, -(2 ** 31), 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])
      expect(Object.is(roundTrip(n), n)).toBe(true);
    for (const length of [31, 32, 33, 42, 43, 63, 64, 127, 128, 5000, 5461, 5462, 8191, 8192, 16_383, 16_384, 65_536, 65_537])
      for (const letter of ["x", "é", "€", "😀"]) {
        const text = letter.repeat(Math.ceil(length / letter.length));
        expect(roundTrip(["before", text, "behind"])).toEqual(["before", text, "behind"]);
      }
  });

  it("arrays of nothing but numbers survive, of any length and with any numbers", () => {
    const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(-0, 0, 2 ** 31, -(2 ** 31), Number.NaN));
    const survive = (numbers: number[]): void => {
      expect(roundTrip(numbers)).toStrictEqual(numbers);
    };
    fc.assert(fc.property(fc.array(number, { maxLength: 40 }), survive));
    fc.assert(fc.property(fc.array(fc.integer(), { minLength: 16 }), survive));
    const many = Array.from({ length: 100_000 }, (_, i) => i - 50_000);
    expect(roundTrip(many)).toStrictEqual(many);
    expect(roundTrip([...many, 0.5])).toStrictEqual([...many, 0.5]);
    expect(roundTrip([...many, "end"])).toStrictEqual([...many, "end"]);
    const sparse = [...many];
    delete sparse[99_999];
    expect(roundTrip(sparse)).toStrictEqual(sparse);
    const [first, second] = roundTrip([many, many]) as unknown[];
    expect(first).toBe(second);
    expect(encode(many).bytes.length).toBeLessThan(400_010);
    for (const numbers of [many, [0.5, ...many]]) {
      const { bytes } = encode(numbers);
      for (const length of [1, 2, 3, 4, bytes.length - 1]) expect(() => decode(bytes.slice(0, length))).toThrow(SerializationError);
      // One byte less is no whole number of numbers.
      const short = encode(numbers.slice(0, 16)).bytes;
      const cut = Uint8Array.from(short.subarray(0, -1));
      cut[2] = (cut[2] ?? 0) - 1;
      expect(() => decode(cut)).toThrow(SerializationError);
    }
  });

  it("cycles and shared references survive", () => {
    const shared = { a: 1 };
    const value: { list: unknown[]; map: Map<unknown, unknown>; self?: unknown } = {
      list: [shared, shared],
      map: new Map<unknown, unknown>([[shared, shared]]),
    };
    value.self = value;
    value.map.set("root", value);
    const back = roundTrip(value) as typeof value;
    expect(back.self).toBe(back);
    expect(back.list[0]).toBe(back.list[1]);
    expect(back.map.get(back.list[0])).toBe(back.list[0]);
    expect(back.map.get("root")).toBe(back);
  });

  it("the rest of what may travel", () => {
    const regexp = /a(?<b>.)/giu;
    regexp.lastIndex = 3;
    expect(roundTrip(regexp)).toEqual(regexp);
    expect((roundTrip(regexp) as RegExp).lastIndex).toBe(3);
    expect(roundTrip(new Date(Number.NaN))).toEqual(new Date(Number.NaN));
    expect(Object.getPrototypeOf(roundTrip(Object.create(null)))).toBe(null);
    const buffer = roundTrip(Buffer.from("abc")) as Uint8Array;
    expect(Object.getPrototypeOf(buffer)).toBe(Uint8Array.prototype);
    const window = new Uint16Array(new ArrayBuffer(1 << 20), 2, 3);
    expect(encode(window).bytes.length).toBeLessThan(20);
    expect((roundTrip(new DataView(new ArrayBuffer(8), 2, 3)) as DataView).byteLength).toBe(3);
    const proto = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2}') as object;
    const back = roundTrip(proto) as { polluted?: unknown };
    expect(Object.keys(back)).toEqual(["__proto__", "constructor"]);
    expect(back.polluted).toBeUndefined();
    expect(
      roundTrip({
        get read() {
          return 5;
        },
      }),
    ).toEqual({ read: 5 });
  });

  it("errors keep class, message, stack, cause, fields", () => {
    for (const Class of [Error, TypeError, RangeError, SyntaxError, StateError, SerializationError, AppError]) {
      const error = Object.assign(new Class("text", { cause: { inner: new URIError("deep") } }), { extra: [1] });
      const back = roundTrip(error) as typeof error;
      expect(back).toBeInstanceOf(Class);
      expect(Object.getPrototypeOf(back)).toBe(Class.prototype);
      expect([back.message, back.stack, back.extra, back.name]).toEqual(["text", error.stack, [1], error.name]);
      expect((back.cause as { inner: Error }).inner).toBeInstanceOf(URIError);
      expect(Object.keys(back)).toEqual(Object.keys(error));
    }
    const many = roundTrip(new AggregateError([new TypeError("a"), 2], "many")) as AggregateError;
    expect(many).toBeInstanceOf(AggregateError);
    expect(many.errors[0]).toBeInstanceOf(TypeError);
    class Own extends Error {}
    const remote = roundTrip(Object.assign(new Own("of my own"), { code: 7 })) as RemoteError & { code: number };
    expect(remote).toBeInstanceOf(RemoteError);
    expect([remote.remoteName, remote.message, remote.code]).toEqual(["Own", "of my own", 7]);
    const abort = roundTrip(AbortSignal.abort().reason) as DOMException;
    expect([abort.name, abort instanceof DOMException]).toEqual(["AbortError", true]);
    const loop = new Error("loop");
    loop.cause = loop;
    const looped = roundTrip(loop) as Error;
    expect(looped.cause).toBe(looped);
  });

  it("registered classes", () => {
    const point = new Point(1, 2);
    point.next = point;
    const back = roundTrip(point) as Point;
    expect(back).toBeInstanceOf(Point);
    expect([back.x, back.y, back.next === back]).toEqual([1, 2, true]);
    expect((roundTrip([new Money(5n)]) as Money[])[0]?.cents).toBe(5n);
    registerClass(Point);
    expect(() => registerClass(class Point {})).toThrow(StateError);
    expect(() => registerClass(class {})).toThrow(TypeError);
    expect(() => registerClass(5 as never)).toThrow(TypeError);
  });

  it("shared objects become references", () => {
    const one = new (class One {})();
    markShared(one, () => undefined);
    const { bytes, shared } = encode({ a: [one], b: one });
    expect(shared).toEqual([one]);
    const stand = {};
    const back = decode(bytes, [stand]) as { a: unknown[]; b: unknown };
    expect(back.a[0]).toBe(stand);
    expect(back.b).toBe(stand);
    expect(() => decode(bytes, [])).toThrow(SerializationError);
  });
});

describe("what can't travel", () => {
  it("names the path", () => {
    for (const [value, path] of [
      [{ a: { b: [1, () => 1] } }, "value.a.b[1]"],
      [{ "not a name": Symbol("s") }, 'value["not a name"]'],
      [new Map([["key", () => 1]]), 'value.get("key")'],
      [new Set([1, Symbol("s")]), "value[1]"],
      [{ a: Object.defineProperty({}, "bad", { enumerable: true, get: () => expect.fail("no") }) }, "value.a.bad"],
      [Object.defineProperty([1, 2], 1, { enumerable: true, get: () => expect.fail("no") }), "value"],
      [() => 1, "value"],
    ] as const) {
      const error = refused(value);
      expect(error.path).toBe(path);
      expect(error.message).toContain(path);
    }
  });

  it("says why", () => {
    class Unknown {}
    for (const [value, why] of [
      [new Unknown(), /registerClass\(Unknown\)/],
      [{ [Symbol("key")]: 1 }, /symbol as a key/],
      [new SharedArrayBuffer(8), /SharedArrayBuffer/],
      [new Uint8Array(new SharedArrayBuffer(8)), /SharedArrayBuffer/],
      [new Blob([]), /Blob/],
      [Promise.resolve(), /Promise/],
      [new WeakMap(), /WeakMap/],
      [
        {
          get bad(): never {
            throw new Error("from the getter");
          },
        },
        /from the getter/,
      ],
      [detached(), /detached/],
    ] as const) {
      expect(refused(value).message).toMatch(why);
    }
  });

  it("too deep and too many holes are refused, not a stack overflow", () => {
    let list: unknown = null;
    for (let i = 0; i < 100_000; i++) list = { list };
    expect(refused(list).message).toMatch(/deeper/);
    const sparse: unknown[] = [];
    sparse.length = 2 ** 30;
    expect(refused(sparse).message).toMatch(/holes/);
  });

  it("changes nothing for the next value", () => {
    refused({ a: "x".repeat(100), b: () => 1 });
    expect(roundTrip({ a: 1 })).toEqual({ a: 1 });
    const nested = {
      get inner(): number {
        return (roundTrip([5]) as number[])[0] ?? 0;
      },
      after: 1,
    };
    expect(roundTrip(nested)).toEqual({ inner: 5, after: 1 });
  });
});

function detached(): ArrayBuffer {
  const buffer = new ArrayBuffer(8);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

describe("hostile bytes", () => {
  const only = (bytes: Uint8Array): void => {
    try {
      decode(bytes, [{}]);
    } catch (error) {
      expect(error).toBeInstanceOf(SerializationError);
    }
  };

  it("random bytes are a value or a SerializationError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => only(Uint8Array.of(1, ...bytes))),
      { numRuns: 10_000 },
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("mutations of valid values too", () => {
    const samples = [
      { a: [1, "two", { __proto__x: 3 }], m: new Map([[1, new Set([2])]]) },
      [new RangeError("x", { cause: new Error("y") }), new Point(1, 2), new Money(3n), /r/g, new Date(0)],
      [new Float64Array(4), new ArrayBuffer(3), 10n ** 30n, "\ud800", [undefined, undefined, 1]],
    ].map((value) => encode(value).bytes);
    const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...samples), edits, fc.nat(), (sample, changes, cut) => {
        const bytes = sample.slice(0, sample.length - (cut % 3));
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        only(bytes);
      }),
      { numRuns: 20_000 },
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("claims of size allocate nothing", () => {
    const before = process.memoryUsage().rss;
    const huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    for (const tag of [8, 9, 10, 12, 14, 15, 18, 19, 6]) only(Uint8Array.of(1, tag, ...huge));
    only(Uint8Array.of(1, 12, 1, 13, ...huge));
    only(Uint8Array.of(1, 20, 0, ...huge));
    expect(process.memoryUsage().rss - before).toBeLessThan(16 << 20);
  });

  it("depth, trailing bytes, other formats, nothing at all", () => {
    only(new Uint8Array(1_000_000).fill(12).with(0, 1));
    const nested = new Uint8Array(200_001).fill(1);
    for (let i = 1; i < nested.length; i += 2) nested[i] = 12;
    expect(() => decode(nested)).toThrow(SerializationError);
    expect(() => decode(Uint8Array.of(1, 0, 0))).toThrow(/left at its end/);
    expect(() => decode(Uint8Array.of(2, 0))).toThrow(/begin/);
    expect(() => decode(new Uint8Array(0))).toThrow(SerializationError);
    expect(() => decode(Uint8Array.of(1, 22, 7, 7, ...new TextEncoder().encode("Unknown"), 0))).toThrow(/registerClass/);
  });
});
