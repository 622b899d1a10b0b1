import { SerializationError } from "../errors/errors.ts";
import { classNamed, fromWire, type WireClass } from "./classes.ts";
import { decodeError } from "./decode-error.ts";
import { defineField } from "./fields.ts";
import { invalid } from "./invalid.ts";
import { arrayOf } from "./numbers.ts";
import { Reader } from "./reader.ts";
import { Refusal, textOf } from "./refusal.ts";
import { FORMAT, MAX_DEPTH, MAX_HOLES, SMALL_INT, Tag, TYPED_ARRAYS } from "./tags.ts";
import { temporalFrom } from "./temporal.ts";

/**
 * Decodes a value. `shared` are the objects for its references, in their order. For bytes that are not a valid value it always throws
 * `SerializationError`, even if they were made by an attacker.
 */
export function decode(bytes: Uint8Array, shared: readonly unknown[] = []): unknown {
  return decodePart(bytes, 0, bytes.length, shared);
}

/** Like {@link decode}, for a value whose bytes lie between two indexes. */
export function decodePart(bytes: Uint8Array, start: number, end: number, shared: readonly unknown[] = []): unknown {
  try {
    return new Decoder(new Reader(bytes, start, end), shared).whole();
  } catch (error) {
    if (error instanceof SerializationError) throw error;
    throw new SerializationError(`The bytes that came are no valid value: ${textOf(error)}.`, { cause: error });
  }
}

// A program may freeze the built-in prototypes. Then an object can't be assigned a property that its prototype has, such as "toString".
const IS_FROZEN = Object.isFrozen(Object.prototype);

// Stands for an object that can be made only from the data that follows it.
const UNFINISHED = {};

class Decoder {
  readonly input: Reader;
  readonly #shared: readonly unknown[];
  // The objects that were decoded so far. The index is the object's number.
  readonly #objects: unknown[] = [];
  #holes = 0;
  // Whether parts that this process can't make are described.
  #describes = false;

  constructor(input: Reader, shared: readonly unknown[]) {
    this.input = input;
    this.#shared = shared;
  }

  whole(): unknown {
    const { input } = this;
    if (input.left === 0 || input.byte() !== FORMAT)
      throw invalid("it does not begin as one (does it come from another program, or another version?)");
    const value = this.value(0);
    if (input.left !== 0) throw invalid("bytes are left at its end");
    return value;
  }

  value(depth: number): unknown {
    return this.#tagged(this.input.byte(), depth);
  }

  #tagged(tag: number, depth: number): unknown {
    const { input } = this;
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
        return input.int32();
      case Tag.float64:
        return input.float64();
      case Tag.bigint:
        return input.bigint();
      case Tag.ascii:
      case Tag.utf8:
      case Tag.utf16:
        return input.text(tag);
      default:
        if (depth > MAX_DEPTH) throw invalid(`it is nested deeper than ${MAX_DEPTH} levels`);
        return this.#object(tag, depth);
    }
  }

  // Reads fields into an object. With `define`, no setter of the object runs.
  fields<T extends object>(object: T, depth: number, define: boolean): T {
    const { input } = this;
    const count = input.count();
    for (let i = 0; i < count; i++) {
      const key = input.key();
      const value = this.value(depth + 1);
      if (define || key === "__proto__" || (IS_FROZEN && key in object)) defineField(object, key, value, true);
      else (object as Record<string, unknown>)[key] = value;
    }
    return object;
  }

  reserve(): number {
    return this.#objects.push(UNFINISHED) - 1;
  }

  fill(number: number, object: unknown): void {
    this.#objects[number] = object;
  }

  describeParts(describes: boolean): boolean {
    const before = this.#describes;
    this.#describes = describes;
    return before;
  }

  #object(tag: number, depth: number): unknown {
    switch (tag) {
      case Tag.object:
        return this.fields(this.#add({}), depth, false);
      case Tag.nullObject:
        return this.fields(this.#add(Object.create(null)), depth, false);
      case Tag.array:
        return this.#array(depth);
      case Tag.integers:
        return this.#add(arrayOf(new Int32Array(this.input.buffer())));
      case Tag.floats:
        return this.#add(arrayOf(new Float64Array(this.input.buffer())));
      case Tag.map:
        return this.#map(depth);
      case Tag.set:
        return this.#set(depth);
      case Tag.date:
        return this.#add(new Date(this.input.float64()));
      case Tag.regexp:
        return this.#regexp();
      case Tag.buffer:
        return this.#add(this.input.buffer());
      case Tag.view:
        return this.#add(new DataView(this.input.buffer()));
      case Tag.typed:
        return this.#typedArray();
      case Tag.error:
        return decodeError(this, depth);
      case Tag.instance:
        return this.#instance(depth);
      case Tag.converted:
        return this.#converted(depth);
      case Tag.boxed:
        return this.#boxed();
      case Tag.url:
        return this.#add(urlFrom(this.input.string()));
      case Tag.searchParams:
        return this.#add(new URLSearchParams(this.input.string()));
      case Tag.temporal:
        return this.#temporal();
      case Tag.known:
        return this.#referenceTo(this.#objects);
      case Tag.shared:
        return this.#add(this.#referenceTo(this.#shared));
      default:
        throw invalid(`it has an unknown tag ${tag}`);
    }
  }

  // Assigns the next number to an object.
  #add<T>(object: T): T {
    this.#objects.push(object);
    return object;
  }

  #referenceTo(objects: readonly unknown[]): unknown {
    const number = this.input.size();
    const object = objects[number];
    if (number >= objects.length || object === UNFINISHED) throw invalid("it refers to an object that does not exist");
    return object;
  }

  #array(depth: number): unknown[] {
    return this.#entries(this.#add([]), this.input.size(), depth);
  }

  #entries(list: unknown[], length: number, depth: number): unknown[] {
    const { input } = this;
    while (list.length < length) {
      const tag = input.byte();
      if (tag === Tag.strings) input.strings(list);
      else if (tag === Tag.rows) this.#rows(list, length, depth);
      else if (tag === Tag.holes) this.#addHoles(list, length);
      else list.push(this.#tagged(tag, depth + 1));
    }
    if (list.length > length) throw invalid("an array has more than it claims");
    return list;
  }

  #rows(list: unknown[], length: number, depth: number): void {
    const { input } = this;
    if (depth >= MAX_DEPTH) throw invalid(`it is nested deeper than ${MAX_DEPTH} levels`);
    const count = input.count();
    const width = input.count();
    if (count > length - list.length) throw invalid("an array has more than it claims");
    const keys: string[] = [];
    for (let i = 0; i < width; i++) keys.push(input.key());
    // Each cell takes a byte or more.
    if (count * width > input.left || width === 0) throw invalid("it claims more than there is");
    const rows: Record<string, unknown>[] = [];
    for (let i = 0; i < count; i++) rows.push(this.#add({}));
    for (const key of keys) {
      const column = this.#column(count, depth + 1);
      const defines = key === "__proto__" || (IS_FROZEN && key in Object.prototype);
      for (let i = 0; i < count; i++) {
        const row = rows[i] as Record<string, unknown>;
        if (defines) defineField(row, key, column[i], true);
        else row[key] = column[i];
      }
    }
    for (const row of rows) list.push(row);
  }

  #column(count: number, depth: number): ArrayLike<unknown> {
    const { input } = this;
    const tag = input.next;
    if (tag !== Tag.integers && tag !== Tag.floats) return this.#entries([], count, depth);
    input.byte();
    const numbers = tag === Tag.integers ? new Int32Array(input.buffer()) : new Float64Array(input.buffer());
    if (numbers.length !== count) throw invalid("a column has another length than its table");
    return numbers;
  }

  #addHoles(list: unknown[], length: number): void {
    const run = this.input.size();
    this.#holes += run;
    if (this.#holes > MAX_HOLES) throw invalid(`its arrays have more than ${MAX_HOLES} holes`);
    if (run > length - list.length) throw invalid("an array has more than it claims");
    list.length += run;
  }

  #map(depth: number): Map<unknown, unknown> {
    const map = this.#add(new Map<unknown, unknown>());
    const count = this.input.count();
    for (let i = 0; i < count; i++) {
      const key = this.value(depth + 1);
      map.set(key, this.value(depth + 1));
    }
    return map;
  }

  #set(depth: number): Set<unknown> {
    const set = this.#add(new Set<unknown>());
    const count = this.input.count();
    for (let i = 0; i < count; i++) set.add(this.value(depth + 1));
    return set;
  }

  #regexp(): RegExp {
    const regexp = new RegExp(this.input.string(), this.input.string());
    regexp.lastIndex = this.input.float64();
    return this.#add(regexp);
  }

  #typedArray(): unknown {
    const type = this.input.byte();
    const buffer = this.input.buffer();
    const Class = TYPED_ARRAYS[type];
    if (Class === undefined) return this.#add(this.#unknown(`it has a typed array of the type ${type}, which this runtime does not have`));
    return this.#add(new Class(buffer));
  }

  #boxed(): unknown {
    // It is read at the greatest depth, so that a nested value is refused before it is decoded.
    const primitive = this.value(MAX_DEPTH);
    if (primitive === null || primitive === undefined || typeof primitive === "object") throw invalid("a boxed primitive is none");
    return this.#add(Object(primitive));
  }

  #temporal(): unknown {
    const type = this.input.string();
    const made = temporalFrom(type, this.input.string());
    return this.#add(made ?? this.#unknown(`it has a Temporal.${type.slice(0, 80)}, which this runtime does not have`));
  }

  #instance(depth: number): unknown {
    const name = this.input.string();
    const Class = classNamed(name);
    if (Class !== undefined) return this.fields(this.#add(Object.create(Class.prototype) as object), depth, true);
    const described = this.#add(this.#unregistered(name));
    this.fields({}, depth, true);
    return described;
  }

  #converted(depth: number): unknown {
    const number = this.reserve();
    const name = this.input.string();
    const Class = classNamed(name);
    const made = Class === undefined ? this.#unregistered(name) : undefined;
    const data = this.value(depth + 1);
    const instance = Class === undefined ? made : this.#make(Class, data);
    this.fill(number, instance);
    return instance;
  }

  #make(Class: WireClass, data: unknown): unknown {
    // The code of the class may take another value, which may arrive in the memory of this one.
    this.input.copyRest();
    const make = Class[fromWire];
    if (make === undefined) return this.#unknown(`the class ${Class.name} has [toWire] in the sender, but no [fromWire] in this process`);
    try {
      return Reflect.apply(make, Class, [data as never]);
    } catch (error) {
      return this.#unknown(`${Class.name}[fromWire] threw: ${textOf(error)}`, error);
    }
  }

  #unregistered(name: string): string {
    const shown = JSON.stringify(name.slice(0, 80));
    return this.#unknown(
      `it has an instance of ${shown}, which is not registered here: call registerClass() in a module that both sides import`,
    );
  }

  // Handles a part that this process can't make. Returns its description, where parts are described.
  #unknown(why: string, cause?: unknown): string {
    if (this.#describes) return new Refusal(why).description;
    throw new SerializationError(`The value that came can't be made here: ${why}.`, { cause });
  }
}

function urlFrom(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw invalid("it has a URL that can't be parsed");
  return url;
}
