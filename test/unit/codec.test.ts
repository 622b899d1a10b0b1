import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { fromWire, registerClass, toWire } from "../../src/codec/classes.ts";
import { decode } from "../../src/codec/decode.ts";
import { encode } from "../../src/codec/encode.ts";
import { markShared } from "../../src/codec/shared-mark.ts";
import { FORMAT, Tag } from "../../src/codec/tags.ts";
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
    // None of these can be compared with a number, or would run code of the program.
    const numbers = many.slice(0, 20);
    expect(roundTrip([...numbers, 5n])).toStrictEqual([...numbers, 5n]);
    expect(roundTrip([...numbers, Object.create(null)])).toHaveLength(21);
    const asked = vi.fn(() => 1);
    for (const other of [{ valueOf: asked }, Symbol.iterator]) expect(() => roundTrip([...numbers, other])).toThrow(SerializationError);
    expect(asked).not.toHaveBeenCalled();
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

  it("strings in arrays survive: short, long, empty, of any code units, alone and in runs", () => {
    const units = fc.array(fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0, max: 0xffff })), { maxLength: 40 });
    const text = fc.oneof(
      fc.string({ maxLength: 20 }),
      units.map((codes) => String.fromCharCode(...codes)),
      fc.constantFrom("", "\ufeff", "ü", "😀", "\ud83d", "\ude00", "x".repeat(255), "x".repeat(256), "é".repeat(300)),
    );
    const other = fc.oneof(fc.integer(), fc.constantFrom(undefined, null, {}, []));
    fc.assert(
      fc.property(fc.array(fc.oneof({ arbitrary: text, weight: 20 }, { arbitrary: other, weight: 1 }), { maxLength: 60 }), (list) => {
        expect(roundTrip({ list, behind: 1 })).toStrictEqual({ list, behind: 1 });
      }),
      { numRuns: 500 },
    );
    const many = Array.from({ length: 5000 }, (_, i) => `path/${i % 7 === 0 ? "ü" : "u"}/${i}`);
    expect(roundTrip(many)).toStrictEqual(many);
    expect(encode(many).bytes.length).toBeLessThan(many.join("").length + 1.3 * many.length);
    // Two halves of a pair that stand next to each other in the text of a run.
    const halves = [..."abcdefgh", "x\ud83d", "\ude00y", "\ude00", "\ud83d"];
    expect(roundTrip(halves)).toStrictEqual(halves);
    expect(roundTrip(Array(5000).fill(""))).toStrictEqual(Array(5000).fill(""));
    const sparse = [...many];
    delete sparse[20];
    sparse.length = 6000;
    expect(roundTrip(sparse)).toStrictEqual(sparse);
  });

  it("an array that changes while it is read travels as it was at one look or another", () => {
    const words = Array.from({ length: 20 }, (_, i) => `word ${i}`);
    let looks = 0;
    const odd = new Proxy([...words], {
      get: (target, key) => (key === "10" ? ["x", "longer than x", 5, null, {}][looks++ % 5] : Reflect.get(target, key)),
    });
    for (let i = 0; i < 10; i++) {
      const back = roundTrip([odd, "behind"]) as [unknown[], string];
      expect(back[1]).toBe("behind");
      expect(back[0]).toHaveLength(20);
      expect(back[0].toSpliced(10, 1)).toEqual(words.toSpliced(10, 1));
    }
    const growing: unknown[] = ["a"];
    Object.defineProperty(growing, 1, { enumerable: true, get: () => growing.push("c") });
    expect((roundTrip(growing) as unknown[]).slice(0, 2)).toEqual(["a", 3]);
    const nested: unknown[] = words.map((word) => word);
    Object.defineProperty(nested, 9, { enumerable: true, get: () => (roundTrip(words) as string[])[9] });
    expect(roundTrip(nested)).toEqual(words);
  });

  it("a string that came in a run does not keep a large text alive", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const { bytes } = encode(Array.from({ length: 1000 }, (_, i) => `${i} `.padEnd(250, ".")));
    collect();
    const before = process.memoryUsage().heapUsed;
    const kept = Array.from({ length: 500 }, (_, i) => (decode(bytes) as string[])[i]);
    collect();
    // Each string is kept together with a text of a kilobyte at most.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(4 << 20);
    expect(kept[499]).toContain("499 ");
  });

  it("lists of objects with the same keys survive, with any values, and where some differ", () => {
    const cell = fc.oneof(
      { arbitrary: fc.integer(), weight: 4 },
      { arbitrary: fc.string(), weight: 4 },
      { arbitrary: fc.double(), weight: 4 },
      { arbitrary: fc.constantFrom(null, undefined, true, false, -0, 10n, "\ud800", "x".repeat(300)), weight: 4 },
    );
    const row = fc.record({ id: fc.integer(), "0": fc.boolean(), name: cell, price: fc.double(), ü: cell });
    const other = fc.oneof(fc.constantFrom<unknown>(1, "a", null, undefined, [], {}), fc.record({ id: fc.constant({ deep: 1 }) }));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), fc.array(other, { maxLength: 3 }), fc.array(row, { maxLength: 300 }), (a, b, c) => {
        const list = [...a, ...b, ...c];
        const back = roundTrip([list, "behind"]) as [Record<string, unknown>[], string];
        expect(back).toStrictEqual([list, "behind"]);
        for (const each of back[0].slice(a.length + b.length)) expect(Object.keys(each)).toEqual(["0", "id", "name", "price", "ü"]);
      }),
      { numRuns: 200 },
    );
    const rows = Array.from({ length: 1000 }, (_, id) => ({ id, name: `row ${id}`, open: true }));
    expect(roundTrip(rows)).toStrictEqual(rows);
    expect(encode(rows).bytes.length).toBeLessThan(1000 * 17);
    expect(encode({ rows }).bytes).toEqual(encode(roundTrip({ rows })).bytes);
  });

  it("rows that are met again, contain each other or have odd keys survive", () => {
    const rows: Record<string, unknown>[] = Array.from({ length: 40 }, (_, id) => ({ id, next: null }));
    const again = [...rows, rows[3], ...rows.slice(0, 20), { id: 5, next: rows[7] }];
    const back = roundTrip(again) as typeof rows;
    expect(back).toStrictEqual(again);
    expect(back[40]).toBe(back[3]);
    for (let i = 0; i < 20; i++) expect(back[41 + i]).toBe(back[i]);
    expect(back[61]?.next).toBe(back[7]);
    const ring = rows.map((row) => ({ ...row }));
    for (const [i, row] of ring.entries()) row.next = ring[(i + 20) % ring.length];
    const turned = roundTrip(ring) as typeof rows;
    expect(turned[0]?.next).toBe(turned[20]);
    expect(turned[20]?.next).toBe(turned[0]);
    const odd = Array.from({ length: 30 }, (_, i) => JSON.parse(`{"__proto__": ${i}, "constructor": "x", "": true}`) as object);
    const kept = roundTrip(odd) as object[];
    expect(kept.map((each) => Object.entries(each))).toEqual(odd.map((each) => Object.entries(each)));
    for (const each of kept) expect(Object.getPrototypeOf(each)).toBe(Object.prototype);
    const bare = Array.from({ length: 30 }, () => Object.assign(Object.create(null), { a: 1 }) as object);
    for (const each of roundTrip(bare) as object[]) expect(Object.getPrototypeOf(each)).toBe(null);
    const lists = Array.from({ length: 30 }, () => Object.setPrototypeOf([1], Object.prototype) as unknown[]);
    for (const each of roundTrip(lists) as object[]) expect(Array.isArray(each)).toBe(true);
  });

  it("a row that can't travel is named", () => {
    const rows = (): Record<PropertyKey, unknown>[] => Array.from({ length: 40 }, (_, id) => ({ id, run: null }));
    for (const [change, path] of [
      [(row: object) => Object.assign(row, { run: () => 1 }), "value.list[30].run"],
      [(row: object) => Object.assign(row, { [Symbol("s")]: 1 }), "value.list[30]"],
      [(row: object) => Object.defineProperty(row, "run", { enumerable: true, get: () => expect.fail("no") }), "value.list[30].run"],
    ] as const) {
      const list = rows();
      change(list[30] as object);
      expect(refused({ list }).path).toBe(path);
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
    for (const Class of [
      class Bag extends Map {},
      class Row extends Array {},
      class Bits extends Uint8Array {},
      class When extends Date {},
    ])
      expect(() => registerClass(Class)).toThrow(/extends .*toWire/);
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
      [Object.defineProperty([1, 2], 1, { enumerable: true, get: () => expect.fail("no") }), "value[1]"],
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
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => only(Uint8Array.of(FORMAT, ...bytes))),
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
    for (const tag of [8, 9, 10, 12, 14, 15, 18, 19, 6]) only(Uint8Array.of(FORMAT, tag, ...huge));
    only(Uint8Array.of(FORMAT, Tag.array, ...huge, Tag.holes, ...huge));
    only(Uint8Array.of(FORMAT, 20, 0, ...huge));
    expect(process.memoryUsage().rss - before).toBeLessThan(16 << 20);
  });

  it("runs of strings that are no run", () => {
    const word = [Tag.strings, 2, 1, 1, 2, 0x61, 0x62];
    const array = (length: number, ...entries: number[]): unknown => decode(Uint8Array.of(FORMAT, Tag.array, length, ...entries));
    expect(array(2, ...word)).toEqual(["a", "b"]);
    expect(array(3, ...word, 128)).toEqual(["a", "b", 0]);
    expect(() => array(1, ...word)).toThrow(/more than it claims/);
    expect(() => array(4, ...word)).toThrow(/cut off/);
    expect(() => array(2, ...word.with(2, 2))).toThrow(/another length/);
    expect(() => array(2, ...word.with(3, 0))).toThrow(/another length/);
    expect(() => array(2, ...word.with(1, 255))).toThrow(/cut off/);
    expect(() => array(2, ...word.with(4, 3))).toThrow(/cut off/);
    expect(() => array(2, Tag.strings, 2, 1, 1, 3, 0x61, 0xff, 0x62)).toThrow(SerializationError);
    expect(() => decode(Uint8Array.of(FORMAT, ...word))).toThrow(/unknown tag/);
    expect(() => array(2, Tag.holes, 3, 128)).toThrow(/more than it claims/);
  });

  it("tables that are no table", () => {
    const key = [Tag.ascii, 1, 0x61];
    const array = (length: number, ...entries: number[]): unknown => decode(Uint8Array.of(FORMAT, Tag.array, length, Tag.rows, ...entries));
    expect(array(2, 2, 1, ...key, 129, 130)).toEqual([{ a: 1 }, { a: 2 }]);
    expect(() => array(1, 2, 1, ...key, 129, 130)).toThrow(/more than it claims/);
    expect(() => array(3, 2, 1, ...key, 129, 130)).toThrow(/cut off/);
    expect(() => array(2, 2, 1, ...key, 129)).toThrow(SerializationError);
    expect(() => array(2, 2, 0, 129, 130)).toThrow(SerializationError);
    expect(() => array(2, 2, 1, ...key, Tag.integers, 4, 0, 0, 0, 0)).toThrow(/another length/);
    expect(() => array(2, 2, 1, 129, 129, 130)).toThrow(/no string/);
    // Many rows with many keys: a square of what came.
    const wide = [...Array(3000)].flatMap(() => key);
    const claim = [0xa0, 0x1f, 0xb8, 0x17];
    const bytes = Uint8Array.of(FORMAT, Tag.array, 0xa0, 0x1f, Tag.rows, ...claim, ...wide, ...Array(5000).fill(128));
    expect(() => decode(bytes)).toThrow(/claims more/);
  });

  it("depth, trailing bytes, other formats, nothing at all", () => {
    only(new Uint8Array(1_000_000).fill(Tag.array).with(0, FORMAT));
    const nested = new Uint8Array(200_001).fill(1).with(0, FORMAT);
    for (let i = 1; i < nested.length; i += 2) nested[i] = Tag.array;
    expect(() => decode(nested)).toThrow(SerializationError);
    expect(() => decode(Uint8Array.of(FORMAT, 0, 0))).toThrow(/left at its end/);
    for (const other of [0, FORMAT - 1, FORMAT + 1, 255]) expect(() => decode(Uint8Array.of(other, 0))).toThrow(/begin/);
    expect(() => decode(new Uint8Array(0))).toThrow(SerializationError);
    expect(() => decode(Uint8Array.of(FORMAT, 22, 7, 7, ...new TextEncoder().encode("Unknown"), 0))).toThrow(/registerClass/);
  });
});

it("an array of the program's own class is refused, because it would lose its class", () => {
  class Vector extends Array<number> {}
  expect(() => encode(Vector.of(1, 2))).toThrow(/Vector/);
  expect(roundTrip([Array.of(1, 2), runInNewContext("[3, 4]")])).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

it("an error keeps the position that its class has put there", () => {
  class SyntaxFault extends Error {
    line = 3;
    column = 7;
    sourceURL = "style.css";
  }
  const came = roundTrip(new SyntaxFault("unexpected")) as SyntaxFault;
  expect([came.line, came.column, came.sourceURL]).toEqual([3, 7, "style.css"]);
});
