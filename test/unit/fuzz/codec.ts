import { isRef } from "../../../src/backend/contract/ref.ts";
import { fromWire, registerClass, toWire } from "../../../src/codec/classes.ts";
import { decode } from "../../../src/codec/decode.ts";
import { encode } from "../../../src/codec/encode.ts";
import { seal, unseal } from "../../../src/codec/envelope.ts";
import type { Frame } from "../../../src/codec/frame.ts";
import { FrameReader } from "../../../src/codec/frame-reader.ts";
import { FORMAT, Tag } from "../../../src/codec/tags.ts";
import { CorruptedError, SerializationError } from "../../../src/errors/errors.ts";
import type { Random } from "../../../tools/random.ts";
import { ensure, mayRefuse, type Target } from "./target.ts";
import { mutate, NAMES, ValueWriter } from "./values.ts";

class FuzzPoint {
  x = 0;
  set evil(_value: unknown) {
    throw new Error("a setter was called");
  }
}
registerClass(FuzzPoint);

class FuzzMoney {
  readonly amount: unknown;
  constructor(amount: unknown) {
    if (typeof amount === "string") throw new TypeError("the amount must not be a string");
    this.amount = amount;
  }
  static [toWire](money: FuzzMoney): unknown {
    return money.amount;
  }
  static [fromWire](amount: unknown): FuzzMoney {
    return new FuzzMoney(amount);
  }
}
registerClass(FuzzMoney);

class FuzzError extends TypeError {}
registerClass(FuzzError);

const STAND_IN = { standsFor: "a shared object" };
const { Temporal = {} } = globalThis as { readonly Temporal?: object };
const temporal = Object.getOwnPropertyNames(Temporal).map((name) => (Temporal as Record<string, { readonly prototype?: object }>)[name]);
const boxes = [Boolean, Number, String, BigInt, URL, URLSearchParams];
const PLAIN: ReadonlySet<object | null | undefined> = new Set([
  null,
  ...[Object, Array, Map, Set, Date, RegExp, ArrayBuffer, DataView, FuzzPoint, FuzzMoney, ...boxes].map((Class) => Class.prototype),
  ...temporal.flatMap((Class) => (Class?.prototype === undefined ? [] : [Class.prototype])),
]);

/** Throws if the decoder made what it must never make: a function, an object of an unknown class, or more objects than bytes. */
function examine(value: unknown, most: number): void {
  const seen = new Set<unknown>([STAND_IN]);
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const each = rest.pop();
    ensure(typeof each !== "function" && typeof each !== "symbol", `the decoder made a ${typeof each}`);
    if (typeof each !== "object" || each === null || seen.has(each)) continue;
    seen.add(each);
    ensure(seen.size <= most + 1, "the decoder made more objects than it read bytes");
    const prototype: object | null = Object.getPrototypeOf(each);
    ensure(
      PLAIN.has(prototype) || ArrayBuffer.isView(each) || each instanceof Error,
      "the decoder made an object of a class that was not sent",
    );
    if (ArrayBuffer.isView(each)) continue;
    if (each instanceof Map) rest.push(...each.keys(), ...each.values());
    else if (each instanceof Set) rest.push(...each);
    for (const key of Object.keys(each)) {
      const slot = Object.getOwnPropertyDescriptor(each, key);
      ensure(slot !== undefined && "value" in slot, "the decoder made an accessor");
      rest.push(slot.value);
    }
    if (each instanceof Error) rest.push(each.cause, (each as AggregateError).errors);
  }
}

/** Checks that a decoded value can be encoded again, and that its bytes stay the same from then on. */
function checkRoundTrip(value: unknown): void {
  let first: Uint8Array;
  try {
    first = encode(value).bytes;
  } catch (error) {
    // Bytes can describe an instance that contains itself through toWire(). No encoder sends such a value.
    ensure(error instanceof SerializationError, `encoding it again: ${String(error)}`);
    return;
  }
  let back: unknown;
  try {
    back = decode(first);
  } catch (error) {
    ensure(error instanceof SerializationError && /fromWire/.test(error.message), `decoding it again: ${String(error)}`);
    return;
  }
  const second = encode(back).bytes;
  ensure(first.length === second.length && first.every((byte, i) => byte === second[i]), "the value changes when it is sent on");
}

let last: Uint8Array = Uint8Array.of(FORMAT, Tag.null);

/** The bytes of a value, often with some of them changed. */
export function valueBytes(random: Random): Uint8Array {
  const fresh = new ValueWriter(random).whole();
  const bytes = random.once(2) ? fresh : mutate(random, fresh, random.once(2) ? fresh : random.bytes(32));
  last = fresh;
  return random.once(50) ? random.bytes(random.int(100)) : bytes;
}

const value: Target = {
  name: "value",
  share: 590_000,
  run(random) {
    const bytes = valueBytes(random);
    return mayRefuse(() => {
      const decoded = decode(bytes, [STAND_IN, STAND_IN]);
      examine(decoded, bytes.length);
      if (random.once(4)) checkRoundTrip(decoded);
    }, SerializationError);
  },
};

/** The objects that references in hostile bytes name. */
export interface RefTargets {
  readonly hub: string;
  readonly ids: readonly string[];
  /** Whether the references are well-formed. */
  readonly sound?: boolean;
}

const KINDS = ["queue", "simpleQueue", "connection", "reportChannel"];

/** Writes the fields of a reference, some of them wrong. */
function writeRef(random: Random, writer: ValueWriter, { hub, ids, sound = false }: RefTargets): void {
  const location: [string, () => void][] = [
    ["hub", () => writer.string(random.once(8) ? random.pick(["", "99999999", "/", "x".repeat(300), "/dev/null", "\0"]) : hub)],
    ["id", () => writer.string(random.pick(ids))],
    ["readable", () => writer.out.push(Tag.true)],
    ["writable", () => writer.out.push(Tag.true)],
  ];
  const fields: [string, () => void][] = [
    ["kind", () => writer.string(random.pick(sound ? KINDS : [...KINDS, "shell"]))],
    ["backend", () => writer.string(sound ? "portable" : random.pick(["portable", "portable", "native", "shell"]))],
    ["location", () => (!sound && random.once(10) ? writer.value(4) : writer.fields(location))],
  ];
  if (sound) return writer.fields(fields);
  if (random.once(4)) location.push(["ahead", () => writer.bytes(random.bytes(random.int(40)))]);
  if (random.once(4)) location.push([random.pick(NAMES), () => writer.value(5)]);
  if (random.once(4)) fields.push([random.pick([...NAMES, "details", "companions"]), () => writer.value(4)]);
  for (const entries of [fields, location]) {
    if (random.once(10)) entries.splice(random.int(entries.length), 1);
    if (random.once(10)) entries.push([random.pick(["kind", "hub", "id", "backend", "location", "readable"]), () => writer.value(5)]);
  }
  writer.fields(fields);
}

const ANYWHERE: RefTargets = { hub: "/h", ids: NAMES };

const envelope: Target = {
  name: "envelope",
  share: 100_000,
  run(random) {
    const inner = valueBytes(random);
    let sealed: Uint8Array;
    if (random.once(3)) {
      const kind = random.pick(["queue", "connection"] as const);
      const refs = [{ kind, backend: "portable", location: { hub: "/h", id: random.pick(NAMES) } }];
      sealed = seal({ bytes: inner, refs });
    } else {
      const list = new ValueWriter(random);
      list.out.push(1, 12, 1);
      writeRef(random, list, ANYWHERE);
      const length = random.once(8) ? random.pick([0, 2 ** 31, 2 ** 32 - 1, list.out.length + 1]) : list.out.length;
      const head = [2, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255];
      sealed = Uint8Array.from([...head, ...list.out, ...inner]);
    }
    if (random.once(2)) sealed = mutate(random, sealed, inner);
    return mayRefuse(() => {
      const { bytes, refs } = unseal(sealed);
      ensure(bytes.length <= sealed.length && refs.every(isRef), "the references are malformed");
    }, SerializationError);
  },
};

interface FrameParts {
  readonly op: number;
  readonly id: number;
  readonly object: number;
  readonly meta: Uint8Array | undefined;
  readonly payload: Uint8Array | undefined;
}

/** The bytes of one frame. Most of them are well-formed. */
export function frameBytes(random: Random, frame: FrameParts, sound = false): number[] {
  const { meta, payload } = frame;
  let flags = (payload === undefined ? 0 : 1) | (meta === undefined ? 0 : 2) | (random.once(4) ? 4 : 0);
  let [metaLength, length] = [meta?.length ?? 0, payload?.length ?? 0];
  if (!sound && random.once(60)) flags = random.int(256);
  if (!sound && random.once(60)) metaLength = random.pick([0, metaLength + 1, 2 ** 20, 2 ** 20 + 1, 2 ** 32 - 1]);
  if (!sound && random.once(60))
    length = random.pick([0, length + 1, 2 ** 16, 2 ** 31, 2 ** 32 - 1, 2 ** 30 + 2 ** 20 + 1, random.once(100) ? 2 ** 30 : 1]);
  const head = new Uint8Array(20);
  const view = new DataView(head.buffer);
  view.setUint8(0, frame.op);
  view.setUint8(1, flags);
  view.setUint32(4, frame.id);
  view.setUint32(8, frame.object);
  view.setUint32(12, metaLength);
  view.setUint32(16, length);
  return [...head, ...(meta ?? []), ...(payload ?? [])];
}

/** The bytes of a frame's settings, with references beside them. */
export function metaBytes(random: Random, meta: (writer: ValueWriter) => void, targets: RefTargets): Uint8Array {
  const { sound = false } = targets;
  if (!sound && random.once(20)) return valueBytes(random);
  const writer = new ValueWriter(random, sound || undefined);
  writer.out.push(1);
  const entries: [string, () => void][] = [["meta", () => meta(writer)]];
  if (random.once(3)) {
    const count = 1 + random.int(3);
    entries.push([
      "refs",
      () => {
        writer.out.push(12);
        writer.size(count);
        for (let i = 0; i < count; i++) writeRef(random, writer, targets);
      },
    ]);
  }
  if (!sound && random.once(30)) entries.push([random.pick(NAMES), () => writer.value(3)]);
  writer.fields(entries);
  return Uint8Array.from(writer.out);
}

/** Hands the bytes over in pieces, as a socket does. */
export function feed(random: Random, reader: FrameReader, bytes: Uint8Array, take: (frame: Frame) => void): void {
  for (let from = 0; from < bytes.length; ) {
    const to = random.once(2) ? bytes.length : Math.min(bytes.length, from + 1 + random.int(random.pick([4, 30, 300])));
    reader.push(bytes.slice(from, to), take);
    from = to;
  }
}

const frames: Target = {
  name: "frames",
  share: 120_000,
  run(random) {
    const stream: number[] = [];
    const count = 1 + random.int(4);
    for (let i = 0; i < count; i++) {
      const meta = random.once(2) ? metaBytes(random, (writer) => writer.value(2), ANYWHERE) : undefined;
      const payload = random.once(2) ? random.bytes(random.once(500) ? 20_000 : random.int(60)) : undefined;
      stream.push(...frameBytes(random, { op: random.int(20), id: random.int(9), object: random.int(5), meta, payload }));
    }
    let bytes = Uint8Array.from(stream);
    if (random.once(2)) bytes = Uint8Array.from(mutate(random, bytes, last));
    const reader = new FrameReader();
    let taken = 0;
    const accepted = mayRefuse(
      () =>
        feed(random, reader, bytes, ({ message, meta }) => {
          taken++;
          ensure(message === undefined || (message.bytes.length <= bytes.length && message.refs.every(isRef)), "a message is malformed");
          examine(meta, bytes.length);
        }),
      CorruptedError,
    );
    const torn = reader.torn;
    ensure(
      torn === undefined || (torn.arrived <= bytes.length && (!accepted || torn.arrived <= torn.expected)),
      "the length of a torn frame is wrong",
    );
    ensure(taken * 20 <= bytes.length, "the reader made more frames than it read");
    return accepted;
  },
};

export const codec: readonly Target[] = [value, envelope, frames];
