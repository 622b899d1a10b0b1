import { type KeptBytes, keepPart } from "../util/bytes.ts";
import { classOf, toWire, type WireClass } from "./classes.ts";
import { encodeError } from "./encode-error.ts";
import { readField, refuseSymbols } from "./fields.ts";
import { countEntries, endOfHoles, tooManyHoles } from "./holes.ts";
import { Refusal, whyNot } from "./refusal.ts";
import { isShared, refusalOf } from "./shared-mark.ts";
import { FORMAT, MAX_DEPTH, MAX_HOLES, SMALL_INT, Tag, TYPED_ARRAYS } from "./tags.ts";
import { Writer } from "./writer.ts";

/** A value as bytes that are valid until the next value is encoded, and the shared objects inside it in the order of their references. */
export interface LentEncoded {
  readonly bytes: Uint8Array;
  readonly shared: readonly object[];
}

/** A value as bytes that may be kept. */
export interface Encoded extends LentEncoded {
  readonly bytes: KeptBytes;
}

// The writer for the next value. It is undefined while it is in use, because a getter or toWire() may encode a value in the meantime.
let spare: Writer | undefined;

/**
 * Encodes a value as it is now. Throws `SerializationError` with the path, from `root` on, to a part that can't travel, and `RangeError`
 * for a value above the size limit.
 */
export function encode(value: unknown, root = "value"): Encoded {
  const { bytes, shared } = encodeLent(value, root);
  return { bytes: keepPart(bytes), shared };
}

/** Like {@link encode}, but without a copy: the bytes are valid until the next value is encoded. */
export function encodeLent(value: unknown, root: string): LentEncoded {
  const writer = spare ?? new Writer();
  spare = undefined;
  const encoder = new Encoder(writer);
  try {
    writer.byte(FORMAT);
    encoder.value(value, 0);
    return { bytes: writer.finish(), shared: encoder.shared };
  } catch (error) {
    throw error instanceof Refusal ? error.toError(root) : error;
  } finally {
    writer.reset();
    spare = writer;
  }
}

class Encoder {
  readonly shared: object[] = [];
  readonly out: Writer;
  #holes = 0;
  // Most values contain one object or none, so the map is made only for a second object.
  #first: object | undefined;
  #numbers: Map<object, number> | undefined;
  // The instances whose toWire() data is being written now.
  #converting: Set<object> | undefined;

  constructor(out: Writer) {
    this.out = out;
  }

  value(value: unknown, depth: number): void {
    const { out } = this;
    switch (typeof value) {
      case "string":
        return out.string(value);
      case "number":
        return this.#number(value);
      case "boolean":
        return out.byte(value ? Tag.true : Tag.false);
      case "undefined":
        return out.byte(Tag.undefined);
      case "bigint":
        return this.#bigint(value);
      case "object":
        return value === null ? out.byte(Tag.null) : this.#object(value, depth);
      case "function":
        throw new Refusal(`it is a function (${value.name || "anonymous"}); functions are never sent, name an exported one as a target`);
      default:
        throw new Refusal("it is a symbol");
    }
  }

  fields(object: object, keys: readonly string[], depth: number): void {
    refuseSymbols(object);
    this.out.size(keys.length);
    let key = "";
    try {
      for (key of keys) {
        this.out.string(key);
        this.value(readField(object, key), depth + 1);
      }
    } catch (error) {
      throw error instanceof Refusal ? error.inside(key) : error;
    }
  }

  #number(value: number): void {
    const { out } = this;
    if (value === (value | 0) && !Object.is(value, -0)) {
      if (value >= 0 && value < SMALL_INT) return out.byte(SMALL_INT | value);
      out.byte(Tag.int32);
      return out.int32(value);
    }
    out.byte(Tag.float64);
    out.float64(value);
  }

  #bigint(value: bigint): void {
    const { out } = this;
    const digits = (value < 0n ? -value : value).toString(16);
    const hex = digits.length % 2 === 0 ? digits : `0${digits}`;
    out.byte(Tag.bigint);
    out.byte(value < 0n ? 1 : 0);
    out.size(hex.length / 2);
    for (let i = 0; i < hex.length; i += 2) out.byte(Number.parseInt(hex.slice(i, i + 2), 16));
  }

  #object(value: object, depth: number): void {
    if (depth > MAX_DEPTH) throw new Refusal(`it is nested deeper than ${MAX_DEPTH} levels`);
    if (this.#wasMet(value)) return;
    const prototype: object | null = Object.getPrototypeOf(value);
    if (Array.isArray(value)) return this.#array(value, depth);
    if (prototype === null || prototype === Object.prototype || isPlainOfOtherRealm(prototype)) return this.#plain(value, prototype, depth);
    if (isShared(value)) return this.#shared(value);
    const Class = classOf(prototype);
    if (value instanceof Error) return encodeError(value, prototype, this, depth);
    if (Class !== undefined) return this.#instance(value, Class, depth);
    return this.#builtIn(value, prototype, depth);
  }

  // Assigns the next number to an object. If the object has a number already, this writes the number instead of the object.
  #wasMet(value: object): boolean {
    if (this.#numbers === undefined) {
      if (this.#first === undefined) {
        this.#first = value;
        return false;
      }
      this.#numbers = new Map([[this.#first, 0]]);
    }
    const number = this.#numbers.get(value);
    if (number === undefined) {
      this.#numbers.set(value, this.#numbers.size);
      return false;
    }
    if (this.#converting?.has(value)) throw new Refusal("the data from its class's toWire() contains the instance itself");
    this.out.byte(Tag.known);
    this.out.size(number);
    return true;
  }

  #plain(value: object, prototype: object | null, depth: number): void {
    this.out.byte(prototype === null ? Tag.nullObject : Tag.object);
    this.fields(value, Object.keys(value), depth);
  }

  #shared(object: object): void {
    const reason = refusalOf(object);
    if (reason !== undefined) throw new Refusal(reason);
    this.out.byte(Tag.shared);
    this.out.size(this.shared.push(object) - 1);
  }

  #array(array: readonly unknown[], depth: number): void {
    const { out } = this;
    const { length } = array;
    out.byte(Tag.array);
    const entries = countEntries(array);
    out.size(entries);
    let i = 0;
    try {
      while (i < length) {
        const value = readField(array, i as never);
        if (value !== undefined || i in array) {
          this.value(value, depth + 1);
          i++;
          continue;
        }
        const end = endOfHoles(array, i);
        this.#holes += end - i;
        if (this.#holes > MAX_HOLES) throw tooManyHoles();
        out.byte(Tag.holes);
        out.size(end - i);
        i = end;
      }
    } catch (error) {
      throw error instanceof Refusal ? error.inside(i) : error;
    }
  }

  #instance(value: object, Class: WireClass, depth: number): void {
    const { out } = this;
    const convert = Class[toWire];
    if (convert === undefined) {
      out.byte(Tag.instance);
      out.string(Class.name);
      return this.fields(value, Object.keys(value), depth);
    }
    out.byte(Tag.converted);
    out.string(Class.name);
    this.#converting ??= new Set();
    this.#converting.add(value);
    let data: unknown;
    try {
      data = Reflect.apply(convert, Class, [value as never]);
    } catch (error) {
      throw new Refusal(`${Class.name}[toWire] threw: ${String(error)}`, error);
    }
    this.value(data, depth + 1);
    this.#converting.delete(value);
  }

  #builtIn(value: object, prototype: object, depth: number): void {
    if (prototype === Map.prototype) return this.#map(value as Map<unknown, unknown>, depth);
    if (prototype === Set.prototype) return this.#set(value as Set<unknown>, depth);
    if (prototype === Date.prototype) return this.#date(value as Date);
    if (prototype === RegExp.prototype) return this.#regexp(value as RegExp);
    if (ArrayBuffer.isView(value)) return this.#view(value, prototype);
    if (prototype === ArrayBuffer.prototype) return this.#buffer(value as ArrayBuffer);
    throw new Refusal(whyNot(value));
  }

  #map(map: Map<unknown, unknown>, depth: number): void {
    this.out.byte(Tag.map);
    this.out.size(map.size);
    for (const [key, value] of map) {
      try {
        this.value(key, depth + 1);
        this.value(value, depth + 1);
      } catch (error) {
        throw error instanceof Refusal
          ? error.inside(`.get(${typeof key === "string" ? JSON.stringify(key) : String(typeof key)})`)
          : error;
      }
    }
  }

  #set(set: Set<unknown>, depth: number): void {
    this.out.byte(Tag.set);
    this.out.size(set.size);
    let i = 0;
    try {
      for (const value of set) {
        this.value(value, depth + 1);
        i++;
      }
    } catch (error) {
      throw error instanceof Refusal ? error.inside(i) : error;
    }
  }

  #date(date: Date): void {
    this.out.byte(Tag.date);
    this.out.float64(date.getTime());
  }

  #regexp({ source, flags, lastIndex }: RegExp): void {
    const { out } = this;
    out.byte(Tag.regexp);
    out.string(source);
    out.string(flags);
    out.float64(lastIndex);
  }

  #buffer(buffer: ArrayBuffer): void {
    if (buffer.detached) throw new Refusal("its ArrayBuffer is detached");
    this.out.byte(Tag.buffer);
    this.out.size(buffer.byteLength);
    this.out.raw(new Uint8Array(buffer));
  }

  // Only the view's own bytes are sent, not the rest of the buffer behind it.
  #view(view: ArrayBufferView, prototype: object): void {
    const { out } = this;
    const { buffer, byteOffset, byteLength } = view;
    if (typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer)
      throw new Refusal("it is a view of a SharedArrayBuffer, whose memory other processes can't see; copy it");
    if ((buffer as ArrayBuffer).detached) throw new Refusal("its ArrayBuffer is detached");
    if (prototype === DataView.prototype) out.byte(Tag.view);
    else {
      const isBuffer = view instanceof Uint8Array && prototype.constructor.name === "Buffer";
      const type = isBuffer ? 0 : TYPED_ARRAYS.findIndex((Class) => Class?.prototype === prototype);
      if (type === -1) throw new Refusal(whyNot(view));
      out.byte(Tag.typed);
      out.byte(type);
    }
    out.size(byteLength);
    out.raw(new Uint8Array(buffer, byteOffset, byteLength));
  }
}

// Each realm (a vm context, for instance) has an Object.prototype of its own.
function isPlainOfOtherRealm(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}
