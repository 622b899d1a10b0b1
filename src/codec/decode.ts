import { RemoteError, SerializationError } from "../errors/errors.ts";
import { classNamed, errorClassNamed, fromWire } from "./classes.ts";
import { ERROR_TEXTS, ErrorPart, FORMAT, MAX_DEPTH, MAX_HOLES, SMALL_INT, Tag, TYPED_ARRAYS } from "./tags.ts";

// Below this, making a short string by hand is faster than a decoder.
const ASCII_BY_HAND = 24;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// The same keys come again and again, and an engine finds a property fastest by a string that it has seen.
const KEYS = 1024;
const keys: (string | undefined)[] = new Array(KEYS).fill(undefined);

function isText(text: string, bytes: Uint8Array, start: number, size: number): boolean {
  if (text.length !== size) return false;
  for (let i = 0; i < size; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

/**
 * The value that these bytes are; `shared` are the objects that its references stand for. Bytes that are no value, whoever made them,
 * throw `SerializationError` and nothing else.
 */
export function decode(bytes: Uint8Array, shared: readonly unknown[] = []): unknown {
  try {
    return new Decoder(bytes, shared).whole();
  } catch (error) {
    if (error instanceof SerializationError) throw error;
    throw new SerializationError(`What came is no valid value: ${String(error)}.`, { cause: error });
  }
}

function invalid(what: string): SerializationError {
  return new SerializationError(`What came is no valid value: ${what}.`);
}

// Stands for an instance whose class makes it only from the data that follows.
const UNFINISHED = {};

class Decoder {
  readonly #bytes: Uint8Array;
  readonly #shared: readonly unknown[];
  readonly #objects: unknown[] = [];
  #at = 0;
  #holes = 0;

  constructor(bytes: Uint8Array, shared: readonly unknown[]) {
    this.#bytes = bytes;
    this.#shared = shared;
  }

  get #view(): DataView {
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
  }

  whole(): unknown {
    if (this.#bytes.length === 0 || this.#byte() !== FORMAT)
      throw invalid("it does not begin as one (another program, or another version?)");
    const value = this.#value(0);
    if (this.#at !== this.#bytes.length) throw invalid("bytes are left at its end");
    return value;
  }

  #value(depth: number): unknown {
    const tag = this.#byte();
    if (tag >= SMALL_INT) return tag & (SMALL_INT - 1);
    switch (tag) {
      case Tag.null:
        return null;
      case Tag.undefined:
        return undefined;
      case Tag.true:
        return true;
      case Tag.false:
        return false;
      case Tag.int32:
        return this.#int32();
      case Tag.float64:
        return this.#view.getFloat64(this.#take(8));
      case Tag.bigint:
        return this.#bigint();
      case Tag.ascii:
      case Tag.utf8:
      case Tag.utf16:
        return this.#text(tag);
      default:
        if (depth > MAX_DEPTH) throw invalid(`it is nested deeper than ${MAX_DEPTH} levels`);
        return this.#object(tag, depth);
    }
  }

  #object(tag: number, depth: number): unknown {
    switch (tag) {
      case Tag.object:
        return this.#fields(this.#add({}), depth, false);
      case Tag.nullObject:
        return this.#fields(this.#add(Object.create(null)), depth, false);
      case Tag.array:
        return this.#array(depth);
      case Tag.map:
        return this.#map(depth);
      case Tag.set:
        return this.#set(depth);
      case Tag.date:
        return this.#add(new Date(this.#view.getFloat64(this.#take(8))));
      case Tag.regexp:
        return this.#regexp();
      case Tag.buffer:
        return this.#add(this.#copy());
      case Tag.view:
        return this.#add(new DataView(this.#copy()));
      case Tag.typed:
        return this.#typed();
      case Tag.error:
        return this.#error(depth);
      case Tag.instance:
        return this.#instance(depth);
      case Tag.converted:
        return this.#converted(depth);
      case Tag.known:
        return this.#reference(this.#objects);
      case Tag.shared:
        return this.#add(this.#reference(this.#shared));
      default:
        throw invalid(`it has an unknown tag ${tag}`);
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw invalid("it is cut off");
    return byte;
  }

  #int32(): number {
    const at = this.#take(4);
    const bytes = this.#bytes;
    return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
  }

  // Moves past `size` bytes and says where they began.
  #take(size: number): number {
    const start = this.#at;
    if (size > this.#bytes.length - start) throw invalid("it is cut off");
    this.#at = start + size;
    return start;
  }

  #size(): number {
    let value = 0;
    let unit = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      unit *= 0x80;
    }
    throw invalid("a size is out of range");
  }

  // A count of things that take a byte each at least: checked before anything is made for them.
  #count(): number {
    const count = this.#size();
    if (count > this.#bytes.length - this.#at) throw invalid("it claims more than there is");
    return count;
  }

  #string(): string {
    return this.#text(this.#byte());
  }

  #text(tag: number): string {
    switch (tag) {
      case Tag.ascii:
        return this.#ascii(this.#byte());
      case Tag.utf8: {
        const size = this.#size();
        const start = this.#take(size);
        return utf8.decode(this.#bytes.subarray(start, start + size));
      }
      case Tag.utf16:
        return this.#utf16();
      default:
        throw invalid("it has no string where one belongs");
    }
  }

  #ascii(size: number): string {
    const start = this.#take(size);
    if (size >= ASCII_BY_HAND) return utf8.decode(this.#bytes.subarray(start, start + size));
    let text = "";
    for (let i = start; i < start + size; i++) text += String.fromCharCode(this.#bytes[i] ?? 0);
    return text;
  }

  #key(): string {
    const tag = this.#byte();
    if (tag !== Tag.ascii) return this.#text(tag);
    const size = this.#byte();
    if (size === 0 || size >= ASCII_BY_HAND) return this.#ascii(size);
    const start = this.#take(size);
    const bytes = this.#bytes;
    const place =
      ((size << 7) ^ ((bytes[start] ?? 0) << 5) ^ ((bytes[start + (size >> 1)] ?? 0) << 3) ^ (bytes[start + size - 1] ?? 0)) & (KEYS - 1);
    const known = keys[place];
    if (known !== undefined && isText(known, bytes, start, size)) return known;
    this.#at = start;
    const key = this.#ascii(size);
    keys[place] = key;
    return key;
  }

  #utf16(): string {
    const units = this.#size();
    const start = this.#take(units * 2);
    const parts: string[] = [];
    for (let from = 0; from < units; from += 4096) {
      const to = Math.min(units, from + 4096);
      const codes = Array.from({ length: to - from }, (_, i) => this.#view.getUint16(start + 2 * (from + i)));
      parts.push(String.fromCharCode(...codes));
    }
    return parts.join("");
  }

  #bigint(): bigint {
    const negative = this.#byte() === 1;
    const size = this.#count();
    const start = this.#take(size);
    let hex = "";
    for (const byte of this.#bytes.subarray(start, start + size)) hex += byte.toString(16).padStart(2, "0");
    const value = BigInt(`0x${hex === "" ? "0" : hex}`);
    return negative ? -value : value;
  }

  #copy(): ArrayBuffer {
    const size = this.#size();
    const start = this.#take(size);
    return this.#bytes.slice(start, start + size).buffer as ArrayBuffer;
  }

  #typed(): unknown {
    const kind = this.#byte();
    const Class = TYPED_ARRAYS[kind];
    if (Class === undefined) throw invalid(`this runtime has no typed array of kind ${kind}`);
    return this.#add(new Class(this.#copy()));
  }

  #add<T>(object: T): T {
    this.#objects.push(object);
    return object;
  }

  #reference(list: readonly unknown[]): unknown {
    const number = this.#size();
    const value = list[number];
    if (number >= list.length || value === UNFINISHED) throw invalid("it refers to something that is not there");
    return value;
  }

  // Instances get their fields by definition: no setter of theirs runs.
  #fields<T extends object>(object: T, depth: number, define: boolean): T {
    const count = this.#count();
    for (let i = 0; i < count; i++) {
      const key = this.#key();
      const value = this.#value(depth + 1);
      if (define || key === "__proto__") setOwn(object, key, value, true);
      else (object as Record<string, unknown>)[key] = value;
    }
    return object;
  }

  #array(depth: number): unknown[] {
    const array: unknown[] = this.#add([]);
    const count = this.#count();
    for (let i = 0; i < count; i++) {
      if (this.#bytes[this.#at] !== Tag.holes) {
        array.push(this.#value(depth + 1));
        continue;
      }
      this.#at++;
      const run = this.#size();
      this.#holes += run;
      if (this.#holes > MAX_HOLES) throw invalid(`its arrays have more than ${MAX_HOLES} holes`);
      array.length += run;
    }
    return array;
  }

  #map(depth: number): Map<unknown, unknown> {
    const map = this.#add(new Map<unknown, unknown>());
    const count = this.#count();
    for (let i = 0; i < count; i++) {
      const key = this.#value(depth + 1);
      map.set(key, this.#value(depth + 1));
    }
    return map;
  }

  #set(depth: number): Set<unknown> {
    const set = this.#add(new Set<unknown>());
    const count = this.#count();
    for (let i = 0; i < count; i++) set.add(this.#value(depth + 1));
    return set;
  }

  #regexp(): RegExp {
    const regexp = new RegExp(this.#string(), this.#string());
    regexp.lastIndex = this.#view.getFloat64(this.#take(8));
    return this.#add(regexp);
  }

  #error(depth: number): Error {
    const number = this.#objects.push(UNFINISHED) - 1;
    const className = this.#value(depth + 1);
    const remoteName = this.#string();
    const parts = this.#byte();
    const text = (part: number): string | undefined => {
      if ((parts & part) === 0) return undefined;
      const value = this.#value(MAX_DEPTH);
      if (typeof value !== "string" && value !== undefined) throw invalid("an error's message or stack is no text");
      return value;
    };
    const error = makeError(className, remoteName, text(ErrorPart.message));
    this.#objects[number] = error;
    setOwn(error, "stack", text(ErrorPart.stack), false);
    if ((parts & ErrorPart.cause) !== 0) setOwn(error, "cause", this.#value(depth + 1), false);
    if ((parts & ErrorPart.errors) !== 0) setOwn(error, "errors", this.#value(depth + 1), false);
    this.#fields(error, depth, true);
    for (const key of ERROR_TEXTS) {
      const value = Object.getOwnPropertyDescriptor(error, key)?.value as unknown;
      if (value !== undefined && typeof value !== "string") throw invalid(`an error's ${key} is no text`);
    }
    return error;
  }

  #instance(depth: number): object {
    const Class = this.#class();
    return this.#fields(this.#add(Object.create(Class.prototype) as object), depth, true);
  }

  #converted(depth: number): object {
    const Class = this.#class();
    const revive = Class[fromWire];
    if (revive === undefined)
      throw new SerializationError(`The class ${Class.name} has [toWire] on the other side, and no [fromWire] here.`);
    const number = this.#objects.push(UNFINISHED) - 1;
    const data = this.#value(depth + 1);
    let instance: object;
    try {
      instance = Reflect.apply(revive, Class, [data as never]) as object;
    } catch (error) {
      throw new SerializationError(`${Class.name}[fromWire] threw: ${String(error)}.`, { cause: error });
    }
    this.#objects[number] = instance;
    return instance;
  }

  #class(): NonNullable<ReturnType<typeof classNamed>> {
    const name = this.#string();
    const Class = classNamed(name);
    if (Class === undefined) {
      throw new SerializationError(
        `An instance of ${JSON.stringify(name.slice(0, 80))} came, which is not registered here: call registerClass() in a module that both sides import.`,
      );
    }
    return Class;
  }
}

function makeError(className: unknown, remoteName: string, message: string | undefined): Error {
  if (className === null) {
    if (typeof DOMException !== "undefined" && DOM_NAMES.has(remoteName)) return new DOMException(message ?? "", remoteName);
    const error = new RemoteError(message ?? "");
    setOwn(error, "remoteName", remoteName, true);
    return error;
  }
  // Never as text what is none: a few bytes can stand for a list that is gigabytes when it is joined.
  if (typeof className !== "string") throw invalid("an error's class is no name");
  const Class = errorClassNamed(className);
  if (Class === undefined)
    throw invalid(
      `it has an error of the unknown class ${className.slice(0, 80)}: call registerClass() in a module that both sides import`,
    );
  // Made as an Error, so that it is one in the engine's eyes; its class' constructor may want other arguments.
  const error = new Error(message);
  if (message === undefined) Reflect.deleteProperty(error, "message");
  return Object.setPrototypeOf(error, Class.prototype);
}

// Names of the errors that runtimes reject with as DOMException.
const DOM_NAMES = new Set([
  "AbortError",
  "TimeoutError",
  "DataCloneError",
  "InvalidStateError",
  "NotSupportedError",
  "SyntaxError",
  "InvalidAccessError",
  "QuotaExceededError",
  "OperationError",
  "NetworkError",
]);

function setOwn(object: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(object, key, { value, enumerable, writable: true, configurable: true });
}
