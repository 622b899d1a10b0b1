import { builtInName, isBuffer, isError } from "../util/built-in-class.ts";
import { encodeError } from "./encode-error.ts";
import { asRefusal, Refusal, whyNot } from "./refusal.ts";
import { MAX_ENTRIES, Tag, TYPED_ARRAYS } from "./tags.ts";
import { temporalText, temporalType } from "./temporal.ts";
import type { ValueEncoder } from "./value-encoder.ts";

const typedArrayName = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get;
const BOXES = new Map<string, { readonly prototype: { valueOf(): unknown } }>(
  [Boolean, Number, String, BigInt].map((Class) => [Class.name, Class]),
);

/** Writes an object of a built-in class that has no fields of its own. Refuses every other object. */
export function encodeBuiltIn(value: object, prototype: object, encoder: ValueEncoder, depth: number): void {
  if (prototype === Map.prototype) return encodeMap(value as Map<unknown, unknown>, encoder, depth);
  if (prototype === Set.prototype) return encodeSet(value as Set<unknown>, encoder, depth);
  if (prototype === Date.prototype) return encodeDate(value as Date, encoder);
  if (prototype === RegExp.prototype) return encodeRegExp(value as RegExp, encoder);
  if (ArrayBuffer.isView(value)) return encodeView(value, prototype, encoder);
  if (prototype === ArrayBuffer.prototype) return encodeBuffer(value as ArrayBuffer, encoder);
  if (prototype === URL.prototype) return encodeText(Tag.url, (value as URL).href, encoder);
  if (prototype === URLSearchParams.prototype) return encodeText(Tag.searchParams, String(value as URLSearchParams), encoder);
  if (isError(value)) return encodeError(value, prototype, encoder, depth);
  const name = builtInName(prototype);
  if (name === undefined || !encodeByName(name, value, prototype, encoder, depth)) throw new Refusal(whyNot(value));
}

// Writes an object of a rarer class, or of another realm. Returns false for a class whose objects can't travel.
function encodeByName(name: string, value: object, prototype: object, encoder: ValueEncoder, depth: number): boolean {
  const box = BOXES.get(name);
  const temporal = temporalType(prototype);
  if (box !== undefined) {
    encoder.out.byte(Tag.boxed);
    encoder.value(box.prototype.valueOf.call(value), depth);
  } else if (temporal !== undefined) {
    encoder.out.byte(Tag.temporal);
    encoder.out.string(temporal);
    encoder.out.string(temporalText(temporal, value));
  } else if (name === "Map") encodeMap(value as Map<unknown, unknown>, encoder, depth);
  else if (name === "Set") encodeSet(value as Set<unknown>, encoder, depth);
  else if (name === "Date") encodeDate(value as Date, encoder);
  else if (name === "RegExp") encodeRegExp(value as RegExp, encoder);
  else if (name === "ArrayBuffer") encodeBuffer(value as ArrayBuffer, encoder);
  else return false;
  return true;
}

function encodeMap(map: Map<unknown, unknown>, encoder: ValueEncoder, depth: number): void {
  encoder.out.byte(Tag.map);
  encoder.out.size(checkEntries(map.size));
  for (const [key, value] of map) {
    try {
      encoder.value(key, depth + 1);
      encoder.value(value, depth + 1);
    } catch (error) {
      throw asRefusal(error).inside(`.get(${typeof key === "string" ? JSON.stringify(key) : String(typeof key)})`);
    }
  }
}

function checkEntries(size: number): number {
  if (size <= MAX_ENTRIES) return size;
  throw new Refusal(`it has ${size} entries, and a Map or a Set of Node and Deno has at most ${MAX_ENTRIES}`);
}

function encodeSet(set: Set<unknown>, encoder: ValueEncoder, depth: number): void {
  encoder.out.byte(Tag.set);
  encoder.out.size(checkEntries(set.size));
  let i = 0;
  try {
    for (const value of set) {
      encoder.value(value, depth + 1);
      i++;
    }
  } catch (error) {
    throw asRefusal(error).inside(i);
  }
}

function encodeDate(date: Date, { out }: ValueEncoder): void {
  out.byte(Tag.date);
  out.float64(Date.prototype.getTime.call(date));
}

function encodeRegExp({ source, flags, lastIndex }: RegExp, { out }: ValueEncoder): void {
  out.byte(Tag.regexp);
  out.string(source);
  out.string(flags);
  out.float64(lastIndex);
}

function encodeText(tag: number, text: string, { out }: ValueEncoder): void {
  out.byte(tag);
  out.string(text);
}

function encodeBuffer(buffer: ArrayBuffer, { out }: ValueEncoder): void {
  if (buffer.detached) throw new Refusal("its ArrayBuffer is detached");
  out.byte(Tag.buffer);
  out.size(buffer.byteLength);
  out.raw(new Uint8Array(buffer));
}

// Only the view's own bytes are sent, not the rest of the buffer behind it.
function encodeView(view: ArrayBufferView, prototype: object, { out }: ValueEncoder): void {
  const { buffer, byteOffset, byteLength } = view;
  if (!isBuffer(buffer)) throw new Refusal("it is a view of a SharedArrayBuffer, whose memory other processes can't see; copy it");
  if (buffer.detached) throw new Refusal("its ArrayBuffer is detached");
  const type = TYPED_ARRAYS.findIndex((Class) => Class?.prototype === prototype);
  if (type === -1) encodeRareView(view, prototype, out);
  else {
    out.byte(Tag.typed);
    out.byte(type);
  }
  out.size(byteLength);
  out.raw(new Uint8Array(buffer, byteOffset, byteLength));
}

// Writes the tag of a DataView, of a Buffer, or of a view of another realm.
function encodeRareView(view: ArrayBufferView, prototype: object, out: ValueEncoder["out"]): void {
  if (prototype === DataView.prototype || builtInName(prototype) === "DataView") return out.byte(Tag.view);
  const name: unknown = typedArrayName?.call(view);
  const isNodeBuffer = name === "Uint8Array" && prototype.constructor.name === "Buffer";
  const type = TYPED_ARRAYS.findIndex((Class) => Class?.name === name);
  if (type === -1 || !(isNodeBuffer || builtInName(prototype) === name)) throw new Refusal(whyNot(view));
  out.byte(Tag.typed);
  out.byte(type);
}
