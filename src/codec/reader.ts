import { latin1From } from "../util/latin1.ts";
import { invalid } from "./invalid.ts";
import { KnownKeys } from "./known-keys.ts";
import { Tag } from "./tags.ts";

// A property's name of at least this length is not remembered.
const LONG_KEY = 24;
// The number of code units that one call of String.fromCharCode gets.
const UNITS_AT_ONCE = 4096;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const keys = new KnownKeys();

/** Reads the output of a {@link Writer}. It checks everything, because the bytes come from another process. */
export class Reader {
  #bytes: Uint8Array;
  // Most values need none, so it is made when it is needed.
  #view: DataView | undefined;
  #at: number;
  #end: number;
  #isCopied = false;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** The number of bytes that are left. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** Copies the bytes that are left, once. The bytes are lent until the next value is taken, and code of the program may take one. */
  copyRest(): void {
    if (this.#isCopied) return;
    this.#isCopied = true;
    this.#bytes = this.#bytes.slice(this.#at, this.#end);
    this.#view = undefined;
    this.#end -= this.#at;
    this.#at = 0;
  }

  byte(): number {
    if (this.#at >= this.#end) throw invalid("it is cut off");
    return this.#bytes[this.#at++] as number;
  }

  /** The next byte, which is not read yet. */
  get next(): number | undefined {
    return this.#at < this.#end ? this.#bytes[this.#at] : undefined;
  }

  int32(): number {
    const at = this.#take(4);
    const bytes = this.#bytes;
    return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
  }

  float64(): number {
    return this.#viewed().getFloat64(this.#take(8));
  }

  /** Reads a whole number of 0 or more: seven bits in each byte, the lowest bits first. */
  size(): number {
    let value = 0;
    let unit = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      unit *= 0x80;
    }
    throw invalid("a size is out of range");
  }

  /**
   * Reads the number of things that follow. Each needs at least a byte, so a number that can't be true is refused before memory is used.
   */
  count(): number {
    const count = this.size();
    if (count > this.left) throw invalid("it claims more than there is");
    return count;
  }

  bigint(): bigint {
    const isNegative = this.byte() === 1;
    const size = this.count();
    const start = this.#take(size);
    let hex = "";
    for (const byte of this.#bytes.subarray(start, start + size)) hex += byte.toString(16).padStart(2, "0");
    const value = BigInt(`0x${hex === "" ? "0" : hex}`);
    return isNegative ? -value : value;
  }

  /** Reads a string with its tag. */
  string(): string {
    return this.text(this.byte());
  }

  /** Reads a string whose tag was read already. */
  text(tag: number): string {
    switch (tag) {
      case Tag.ascii: {
        const size = this.byte();
        const start = this.#take(size);
        return latin1From(this.#bytes, start, start + size);
      }
      case Tag.utf8: {
        const size = this.size();
        const start = this.#take(size);
        return utf8.decode(this.#bytes.subarray(start, start + size));
      }
      case Tag.utf16:
        return this.#utf16();
      default:
        throw invalid("it has no string where one belongs");
    }
  }

  /** Reads a run of strings, whose tag was read already, and adds them to a list. */
  strings(list: unknown[]): void {
    const count = this.byte();
    const lengths = this.#take(count);
    let units = 0;
    for (let i = lengths; i < lengths + count; i++) units += this.#bytes[i] ?? 0;
    const size = this.size();
    const start = this.#take(size);
    // Only ASCII has as many bytes as code units.
    const text = size === units ? latin1From(this.#bytes, start, start + size) : utf8.decode(this.#bytes.subarray(start, start + size));
    if (text.length !== units) throw invalid("the text of a run of strings has another length than the strings");
    for (let i = lengths, from = 0; i < lengths + count; i++) {
      const to = from + (this.#bytes[i] ?? 0);
      list.push(text.slice(from, to));
      from = to;
    }
  }

  /** Reads a string that is a property's name. */
  key(): string {
    const tag = this.byte();
    if (tag !== Tag.ascii) return this.text(tag);
    const size = this.byte();
    const start = this.#take(size);
    if (size === 0 || size >= LONG_KEY) return latin1From(this.#bytes, start, start + size);
    const slot = keys.slotOf(this.#bytes, start, size);
    const known = keys.find(slot, this.#bytes, start, size);
    if (known !== undefined) return known;
    const key = latin1From(this.#bytes, start, start + size);
    keys.keep(slot, key);
    return key;
  }

  /** Reads a number and as many bytes, and returns the bytes in a new buffer. */
  buffer(): ArrayBuffer {
    const size = this.size();
    const start = this.#take(size);
    return this.#bytes.slice(start, start + size).buffer as ArrayBuffer;
  }

  #viewed(): DataView {
    this.#view ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    return this.#view;
  }

  // Moves past `size` bytes. Returns the index at which they begin.
  #take(size: number): number {
    const start = this.#at;
    if (size > this.#end - start) throw invalid("it is cut off");
    this.#at = start + size;
    return start;
  }

  #utf16(): string {
    const units = this.size();
    const start = this.#take(units * 2);
    const view = this.#viewed();
    const parts: string[] = [];
    for (let from = 0; from < units; from += UNITS_AT_ONCE) {
      const to = Math.min(units, from + UNITS_AT_ONCE);
      const codes = Array.from({ length: to - from }, (_, i) => view.getUint16(start + 2 * (from + i)));
      parts.push(String.fromCharCode(...codes));
    }
    return parts.join("");
  }
}
