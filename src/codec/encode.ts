import { SerializationError } from "../errors/errors.ts";
import { owned } from "../util/bytes.ts";
import { classOf, errorClassName, toWire, type WireClass } from "./classes.ts";
import { isShared } from "./shared-mark.ts";
import { ERROR_TEXTS, ErrorPart, FORMAT, MAX_DEPTH, MAX_HOLES, SMALL_INT, Tag, TYPED_ARRAYS } from "./tags.ts";
import { Writer } from "./writer.ts";

/** A value as bytes, and the shared objects inside it in the order of their references. */
export interface Encoded {
  readonly bytes: Uint8Array;
  readonly shared: readonly object[];
}

// A getter or toWire() may encode too, so the writer kept for the next value is taken out while it is in use.
let spare: Writer | undefined;

/**
 * The value as it is now. Throws `SerializationError` naming the path, from `root` on, to what can't travel, and `RangeError` above the
 * size limit.
 */
export function encode(value: unknown, root = "value"): Encoded {
  const { bytes, shared } = lend(value, root);
  return { bytes: owned(bytes), shared };
}

/** As {@link encode}, without a copy: the bytes hold until the next value is encoded. */
export function lend(value: unknown, root: string): Encoded {
  const writer = spare ?? new Writer();
  spare = undefined;
  const encoder = new Encoder(writer);
  try {
    writer.byte(FORMAT);
    encoder.value(value, 0);
    return { bytes: writer.finish(), shared: encoder.shared };
  } catch (error) {
    throw error instanceof Refusal ? error.at(root) : error;
  } finally {
    writer.reset();
    spare = writer;
  }
}

type Key = string | number;

/** Something can't travel; on its way up it gathers where it was. */
class Refusal {
  readonly #reason: string;
  readonly #cause: unknown;
  readonly #path: Key[] = [];

  constructor(reason: string, cause?: unknown) {
    this.#reason = reason;
    this.#cause = cause;
  }

  inside(key: Key): this {
    this.#path.unshift(key);
    return this;
  }

  at(root: string): SerializationError {
    const keys = this.#path.map((key) => {
      if (typeof key === "number") return `[${key}]`;
      return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : key.startsWith(".") ? key : `[${JSON.stringify(key)}]`;
    });
    const path = (root + keys.join("")).replace(/^\./, "");
    return new SerializationError(`${path} can't travel: ${this.#reason}.`, { cause: this.#cause, fields: { path } });
  }
}

class Encoder {
  readonly shared: object[] = [];
  readonly #out: Writer;
  #holes = 0;
  // Most values hold one object or none: the map is made for the second.
  #first: object | undefined;
  #known: Map<object, number> | undefined;
  #converting: Set<object> | undefined;

  constructor(out: Writer) {
    this.#out = out;
  }

  value(value: unknown, depth: number): void {
    const out = this.#out;
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

  #number(value: number): void {
    const out = this.#out;
    if (value === (value | 0) && !Object.is(value, -0)) {
      if (value >= 0 && value < SMALL_INT) return out.byte(SMALL_INT | value);
      out.byte(Tag.int32);
      return out.int32(value);
    }
    out.byte(Tag.float64);
    out.float64(value);
  }

  #bigint(value: bigint): void {
    const digits = (value < 0n ? -value : value).toString(16);
    const hex = digits.length % 2 === 0 ? digits : `0${digits}`;
    this.#out.byte(Tag.bigint);
    this.#out.byte(value < 0n ? 1 : 0);
    this.#out.size(hex.length / 2);
    for (let i = 0; i < hex.length; i += 2) this.#out.byte(Number.parseInt(hex.slice(i, i + 2), 16));
  }

  #object(value: object, depth: number): void {
    if (depth > MAX_DEPTH) throw new Refusal(`it is nested deeper than ${MAX_DEPTH} levels`);
    if (this.#seen(value)) return;
    const prototype: object | null = Object.getPrototypeOf(value);
    if (Array.isArray(value)) return this.#array(value, depth);
    if (prototype === null || prototype === Object.prototype || isForeignPlain(prototype)) return this.#plain(value, prototype, depth);
    if (isShared(value)) {
      this.#out.byte(Tag.shared);
      return this.#out.size(this.shared.push(value) - 1);
    }
    const Class = classOf(prototype);
    if (value instanceof Error) return this.#error(value, prototype, depth);
    if (Class !== undefined) return this.#instance(value, Class, depth);
    return this.#builtIn(value, prototype, depth);
  }

  // Writes a reference if the object was met before; otherwise it gets the next number.
  #seen(value: object): boolean {
    if (this.#known === undefined) {
      if (this.#first === undefined) {
        this.#first = value;
        return false;
      }
      this.#known = new Map([[this.#first, 0]]);
    }
    const number = this.#known.get(value);
    if (number === undefined) {
      this.#known.set(value, this.#known.size);
      return false;
    }
    if (this.#converting?.has(value)) throw new Refusal("what its class' toWire() gives contains the instance itself");
    this.#out.byte(Tag.known);
    this.#out.size(number);
    return true;
  }

  #plain(value: object, prototype: object | null, depth: number): void {
    this.#out.byte(prototype === null ? Tag.nullObject : Tag.object);
    this.#fields(value, Object.keys(value), depth);
  }

  #fields(value: object, keys: readonly string[], depth: number): void {
    refuseSymbols(value);
    this.#out.size(keys.length);
    let key = "";
    try {
      for (key of keys) {
        this.#out.string(key);
        this.value(read(value, key), depth + 1);
      }
    } catch (error) {
      throw error instanceof Refusal ? error.inside(key) : error;
    }
  }

  #array(array: readonly unknown[], depth: number): void {
    const out = this.#out;
    const { length } = array;
    out.byte(Tag.array);
    const entries = countEntries(array);
    out.size(entries);
    let i = 0;
    try {
      while (i < length) {
        const value = read(array, i as never);
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

  #error(error: Error, prototype: object, depth: number): void {
    const out = this.#out;
    const has = (part: string): boolean => Object.hasOwn(error, part);
    // Some runtimes keep an error's message where only a getter reaches it.
    const isDom = typeof DOMException !== "undefined" && error instanceof DOMException;
    const parts =
      (has("message") || textOf(error, "message") !== "" ? ErrorPart.message : 0) |
      (textOf(error, "stack") !== "" ? ErrorPart.stack : 0) |
      (has("cause") ? ErrorPart.cause : 0) |
      (has("errors") ? ErrorPart.errors : 0);
    out.byte(Tag.error);
    const name = errorClassName(prototype);
    this.value(name ?? null, depth);
    out.string(name === undefined ? (isDom ? String(domName?.call(error)) : ownName(error, prototype)) : "");
    out.byte(parts);
    let key: "message" | "stack" | "cause" | "errors" = "message";
    try {
      for (key of ["message", "stack", "cause", "errors"] as const) {
        if ((parts & ErrorPart[key]) !== 0) this.value(part(error, key), depth + 1);
      }
    } catch (refused) {
      throw refused instanceof Refusal ? refused.inside(key) : refused;
    }
    refuseSymbols(error);
    const own = Object.keys(error).filter((each) => !ERROR_OWN.has(each));
    const fields = Object.fromEntries(own.map((each) => [each, part(error, each)]));
    this.#fields(fields, own, depth);
  }

  #instance(value: object, Class: WireClass, depth: number): void {
    const convert = Class[toWire];
    if (convert === undefined) {
      this.#out.byte(Tag.instance);
      this.#out.string(Class.name);
      this.#fields(value, Object.keys(value), depth);
      return;
    }
    this.#out.byte(Tag.converted);
    this.#out.string(Class.name);
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
    const out = this.#out;
    if (prototype === Map.prototype) return this.#map(value as Map<unknown, unknown>, depth);
    if (prototype === Set.prototype) return this.#set(value as Set<unknown>, depth);
    if (prototype === Date.prototype) {
      out.byte(Tag.date);
      return out.float64((value as Date).getTime());
    }
    if (prototype === RegExp.prototype) {
      const { source, flags, lastIndex } = value as RegExp;
      out.byte(Tag.regexp);
      out.string(source);
      out.string(flags);
      return out.float64(lastIndex);
    }
    if (ArrayBuffer.isView(value)) return this.#view(value, prototype);
    if (prototype === ArrayBuffer.prototype) {
      const buffer = value as ArrayBuffer;
      if (buffer.detached) throw new Refusal("its ArrayBuffer is detached");
      out.byte(Tag.buffer);
      out.size(buffer.byteLength);
      return out.raw(new Uint8Array(buffer));
    }
    throw new Refusal(whyNot(value));
  }

  #map(map: Map<unknown, unknown>, depth: number): void {
    this.#out.byte(Tag.map);
    this.#out.size(map.size);
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
    this.#out.byte(Tag.set);
    this.#out.size(set.size);
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

  // A view sends its own bytes, never the rest of a buffer that it is a window of.
  #view(view: ArrayBufferView, prototype: object): void {
    const { buffer, byteOffset, byteLength } = view;
    if (typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer)
      throw new Refusal("it is a view of a SharedArrayBuffer, whose memory other processes can't see; copy it");
    if ((buffer as ArrayBuffer).detached) throw new Refusal("its ArrayBuffer is detached");
    if (prototype === DataView.prototype) this.#out.byte(Tag.view);
    else {
      const isBuffer = view instanceof Uint8Array && prototype.constructor.name === "Buffer";
      const kind = isBuffer ? 0 : TYPED_ARRAYS.findIndex((Class) => Class?.prototype === prototype);
      if (kind === -1) throw new Refusal(whyNot(view));
      this.#out.byte(Tag.typed);
      this.#out.byte(kind);
    }
    this.#out.size(byteLength);
    this.#out.raw(new Uint8Array(buffer, byteOffset, byteLength));
  }
}

// Own properties that engines keep on errors, besides those sent by themselves.
const ERROR_OWN = new Set(["message", "stack", "cause", "errors", "line", "column", "sourceURL", "originalLine", "originalColumn"]);

function read(object: object, key: string): unknown {
  try {
    return (object as Record<string, unknown>)[key];
  } catch (error) {
    throw new Refusal(`reading it threw: ${String(error)}`, error).inside(key);
  }
}

function textOf(error: Error, key: "message" | "stack" | "name"): string {
  const text = read(error, key);
  return typeof text === "string" ? text : "";
}

// Some parts of an error are text to whoever shows it, whatever was assigned to them.
function part(error: Error, key: string): unknown {
  const value = read(error, key);
  if (typeof value === "string" || !ERROR_TEXTS.has(key)) return value;
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

const domName = typeof DOMException === "undefined" ? undefined : Object.getOwnPropertyDescriptor(DOMException.prototype, "name")?.get;

// The prototype's word: fields of the error itself may have any name and hold anything.
function ownName(error: Error, prototype: object): string {
  const name: unknown = prototype.constructor?.name;
  return typeof name === "string" && name !== "" ? name : textOf(error, "name");
}

// A plain object of another realm.
function isForeignPlain(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}

function refuseSymbols(value: object): void {
  const symbols = Object.getOwnPropertySymbols(value);
  if (symbols.length === 0) return;
  const symbol = symbols.find((own) => Object.prototype.propertyIsEnumerable.call(value, own));
  if (symbol !== undefined) throw new Refusal(`it has a symbol as a key (${String(symbol)})`);
}

function tooManyHoles(): Refusal {
  return new Refusal(`its arrays have more than ${MAX_HOLES} holes`);
}

function endOfHoles(array: readonly unknown[], start: number): number {
  let end = start + 1;
  while (end < array.length && !(end in array)) {
    end++;
    if (end - start > MAX_HOLES) throw tooManyHoles();
  }
  return end;
}

// A run of holes is one entry.
function countEntries(array: readonly unknown[]): number {
  let entries = 0;
  for (let i = 0; i < array.length; entries++) i = array[i] !== undefined || i in array ? i + 1 : endOfHoles(array, i);
  return entries;
}

function whyNot(value: object): string {
  const name: unknown = value.constructor?.name;
  if (typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer)
    return "it is a SharedArrayBuffer, whose memory other processes can't see";
  const own = typeof name === "string" && name !== "" ? name : "an anonymous class";
  if (Object.hasOwn(globalThis, own)) return `it is a ${own}, which has no meaning in another process`;
  return `it is an instance of ${own}: call registerClass(${own}) in the modules that both sides import`;
}
