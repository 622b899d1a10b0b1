import { builtInName, isError } from "../util/built-in-class.ts";
import { classOf, toWire, type WireClass } from "./classes.ts";
import { encodeBuiltIn } from "./encode-built-in.ts";
import { encodeError } from "./encode-error.ts";
import { readOrDescribe, refuseSymbols } from "./fields.ts";
import { endOfHoles, tooManyHoles } from "./holes.ts";
import { encodeNumbers } from "./numbers.ts";
import { asRefusal, Refusal, textOf } from "./refusal.ts";
import { encodeRows, LEAST_ROWS, rowsAt } from "./rows.ts";
import { isClosedHere, isShared, refusalOf } from "./shared-mark.ts";
import { encodeStrings } from "./strings.ts";
import { MAX_DEPTH, MAX_HOLES, SMALL_INT, Tag } from "./tags.ts";
import type { Manner, ValueEncoder } from "./value-encoder.ts";
import type { Writer } from "./writer.ts";

/** What was encoded up to one moment. */
interface Mark {
  readonly length: number;
  readonly objects: number;
  readonly shared: number;
  readonly holes: number;
}

/** Encodes one value: what {@link encode} and its like share. */
export class Encoder implements ValueEncoder {
  readonly shared: object[] = [];
  readonly out: Writer;
  #holes = 0;
  // Most values contain one object or none, so the map is made only for a second object.
  #first: object | undefined;
  #numbers: Map<object, number> | undefined;
  // The instances whose toWire() data is being written now.
  #converting: Set<object> | undefined;
  #manner: Manner;

  constructor(out: Writer, manner: Manner) {
    this.out = out;
    this.#manner = manner;
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
        if (value === null) return out.byte(Tag.null);
        return this.#manner === "refuse" ? this.#object(value, depth) : this.#objectOrDescription(value, depth);
      case "function":
        return this.#refuse(`it is a function (${value.name || "anonymous"}); functions are never sent, name an exported one as a target`);
      default:
        return this.#refuse("it is a symbol");
    }
  }

  handleParts(manner: Manner): Manner {
    const before = this.#manner;
    this.#manner = manner;
    return before;
  }

  fields(object: object, keys: readonly string[], depth: number): void {
    refuseSymbols(object);
    this.out.size(keys.length);
    const describes = this.#manner !== "refuse";
    let key = "";
    try {
      for (key of keys) {
        this.out.string(key);
        this.value(describes ? readOrDescribe(object, key) : (object as Record<string, unknown>)[key], depth + 1);
      }
    } catch (error) {
      throw asRefusal(error).inside(key);
    }
  }

  #refuse(reason: string): void {
    const refusal = new Refusal(reason);
    if (this.#manner === "refuse") throw refusal;
    this.out.string(refusal.description);
  }

  #objectOrDescription(value: object, depth: number): void {
    const { length } = this.out;
    const mark: Mark = { length, objects: this.#count, shared: this.shared.length, holes: this.#holes };
    try {
      this.#object(value, depth);
    } catch (error) {
      this.#undo(value, mark);
      this.out.string(asRefusal(error).description);
    }
  }

  // The number of objects that have a number.
  get #count(): number {
    return this.#numbers?.size ?? (this.#first === undefined ? 0 : 1);
  }

  // Forgets a value that was encoded in part.
  #undo(value: object, { length, objects, shared, holes }: Mark): void {
    this.out.rewind(length);
    this.shared.length = shared;
    this.#holes = holes;
    if (this.#numbers === undefined) {
      if (objects === 0) this.#first = undefined;
    } else if (this.#numbers.size === objects + 1) this.#numbers.delete(value);
    else for (const [object, number] of this.#numbers) if (number >= objects) this.#numbers.delete(object);
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
    if (Array.isArray(value) && (prototype === Array.prototype || isPlainArray(prototype))) return this.#array(value, depth);
    if (prototype === null || prototype === Object.prototype || isPlainOfOtherRealm(prototype)) return this.#plain(value, prototype, depth);
    if (isShared(value)) return this.#shared(value);
    if (value instanceof Error) return encodeError(value, prototype, this, depth);
    const Class = classOf(prototype);
    if (Class === undefined) return encodeBuiltIn(value, prototype, this, depth);
    return isError(value) ? encodeError(value, prototype, this, depth) : this.#instance(value, Class, depth);
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
    const reason = this.#manner === "refuse" ? refusalOf(object) : this.#reasonToDescribe(object);
    if (reason !== undefined) throw new Refusal(reason);
    this.out.byte(Tag.shared);
    this.out.size(this.shared.push(object) - 1);
  }

  #reasonToDescribe(object: object): string | undefined {
    if (isClosedHere(object)) return "it is a shared object that is closed in the sender";
    const reason = refusalOf(object);
    return reason ?? (this.#manner === "describe" ? undefined : "it is a shared object, and the sender could not pass it on");
  }

  #array(array: readonly unknown[], depth: number): void {
    const { out } = this;
    const { length } = array;
    if (encodeNumbers(array, out)) return;
    out.byte(Tag.array);
    out.size(length);
    this.entries(array, length, depth);
  }

  entries(list: readonly unknown[], length: number, depth: number): void {
    const { out } = this;
    let i = 0;
    // Where rows are looked for next. A list that has none is looked at less and less often.
    let rowsFrom = length >= LEAST_ROWS && depth < MAX_DEPTH && this.#manner === "refuse" ? 0 : length;
    let pause = LEAST_ROWS;
    try {
      while (i < length) {
        const value = list[i];
        if (typeof value === "string") i += encodeStrings(value, list, i, length, out);
        else if (typeof value === "object" && i >= rowsFrom) {
          const rows = this.#rows(list, i, length, depth);
          i += rows;
          if (rows > 0) continue;
          rowsFrom = i + pause;
          pause *= 2;
        } else if (value !== undefined || i in list) {
          this.value(value, depth + 1);
          i++;
        } else {
          const end = endOfHoles(list, i, length);
          this.#holes += end - i;
          if (this.#holes > MAX_HOLES) throw tooManyHoles();
          out.byte(Tag.holes);
          out.size(end - i);
          i = end;
        }
      }
    } catch (error) {
      throw asRefusal(error).inside(i);
    }
  }

  // Writes the rows that begin at an index of a list. Returns their number.
  #rows(list: readonly unknown[], at: number, length: number, depth: number): number {
    const run = rowsAt(list, at, length);
    if (run === undefined) return 0;
    const count = this.#numberNew(run.rows);
    if (count > 0) encodeRows(run, count, this, depth);
    return count;
  }

  // Assigns the next numbers to objects of an array, up to the first one that has a number already. Returns how many got one.
  #numberNew(objects: readonly object[]): number {
    this.#numbers ??= new Map(this.#first === undefined ? [] : [[this.#first, 0]]);
    const numbers = this.#numbers;
    let count = 0;
    for (const object of objects) {
      if (numbers.has(object)) break;
      numbers.set(object, numbers.size);
      count++;
    }
    return count;
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
    let data: unknown;
    try {
      data = Reflect.apply(convert, Class, [value as never]);
    } catch (error) {
      throw new Refusal(`${Class.name}[toWire] threw: ${textOf(error)}`, error);
    }
    this.#converting ??= new Set();
    this.#converting.add(value);
    // A class makes an instance only of the data that it gave, so its parts are never described.
    const before = this.handleParts("refuse");
    try {
      this.value(data, depth + 1);
    } finally {
      this.handleParts(before);
      this.#converting.delete(value);
    }
  }
}

// Each realm has an Array.prototype of its own. An instance of a subclass would lose its class.
function isPlainArray(prototype: object | null): boolean {
  return prototype === null || builtInName(prototype) !== undefined;
}

// Each realm (a vm context, for instance) has an Object.prototype of its own.
function isPlainOfOtherRealm(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}
