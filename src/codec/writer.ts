import { Prefixes } from "../util/prefixes.ts";
import { setUint32 } from "./frame.ts";
import { Refusal, TooLarge } from "./refusal.ts";
import { MAX_MESSAGE, MAX_STRING, Tag } from "./tags.ts";

const FIRST_SIZE = 1 << 10;
// What is written behind a large part usually fits into the room that is added to it.
const ROOM_BEHIND = 1 << 8;
// A string shorter than this is encoded faster by the loop below than by a TextEncoder.
const SHORT_STRING = 32;
// The strings of a run are encoded faster one by one, by such a loop, if they are shorter than this on average.
const SHORT_IN_RUN = 12;
// A string up to this length gets room for the longest encoding that it could have, so that it is encoded in place.
const IN_PLACE = 1 << 16;
const MOST_BYTES_A_UNIT = 3;
const MOST_SIZE_BYTES = 8;
const encoder = new TextEncoder();

/** Writes values into a buffer that grows when it is full. */
export class Writer {
  #bytes = new Uint8Array(FIRST_SIZE);
  #view = new DataView(this.#bytes.buffer);
  #prefixes = new Prefixes(this.#bytes);
  #at = 0;
  // Where the value begins that is being written. Its size is limited.
  #start = 0;

  /** The number of bytes that were written. */
  get length(): number {
    return this.#at;
  }

  /** The number of bytes that it may have before it takes new memory. */
  get capacity(): number {
    return this.#bytes.length;
  }

  reset(): void {
    this.#at = 0;
  }

  /** Begins a value behind what was written. */
  begin(): void {
    this.#start = this.#at;
  }

  /** What was written. It is lent until the next write. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  /** Removes the first bytes. */
  dropFirst(count: number): void {
    this.#bytes.copyWithin(0, count, this.#at);
    this.#at -= count;
  }

  /** Removes what was written from an index on, and returns it. The caller may keep it. */
  cutOff(from: number): Uint8Array {
    const end = this.#bytes.subarray(from, this.#at);
    const rest = allocate(Math.max(from, FIRST_SIZE));
    rest.set(this.#bytes.subarray(0, from));
    this.#replace(rest);
    this.#at = from;
    return end;
  }

  /** Overwrites four bytes with a whole number, the highest byte first. */
  patch(at: number, value: number): void {
    setUint32(this.#bytes, at, value);
  }

  /** Forgets what was written after the first `length` bytes. */
  rewind(length: number): void {
    this.#at = length;
  }

  /**
   * Returns the bytes that were written. If they are fewer than `lendBelow`, they are lent until the next write. Otherwise the caller gets
   * the buffer itself.
   */
  finish(lendBelow: number): Uint8Array {
    const written = this.#prefixes.of(this.#at);
    if (this.#at >= lendBelow) this.#replace(new Uint8Array(FIRST_SIZE));
    return written;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = value;
  }

  int32(value: number): void {
    this.#reserve(4);
    this.#view.setInt32(this.#at, value);
    this.#at += 4;
  }

  float64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  /** Writes a whole number of 0 or more: seven bits in each byte, the lowest bits first. */
  size(value: number): void {
    this.#reserve(MOST_SIZE_BYTES);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#at++] = rest;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Writes a string with its tag: as ASCII or UTF-8, or as UTF-16 if it has a lone surrogate, which UTF-8 can't express. */
  string(value: string): void {
    if (value.length < SHORT_STRING && this.#ascii(value)) return;
    if (value.length > MAX_STRING)
      throw new Refusal(`it is a string of ${value.length} code units, and Node and Deno have at most ${MAX_STRING}`);
    if (value.isWellFormed()) this.#utf8(value);
    else this.#utf16(value);
  }

  /**
   * Writes a run of strings: their number, the length of each in code units, and the text of all. Returns false if the text has a lone
   * surrogate; then nothing was written.
   *
   * @param units the number of code units of all
   */
  strings(run: readonly string[], units: number): boolean {
    const start = this.#at;
    this.#reserve(2 + run.length + MOST_SIZE_BYTES + units);
    const bytes = this.#bytes;
    bytes[this.#at++] = Tag.strings;
    bytes[this.#at++] = run.length;
    for (const { length } of run) bytes[this.#at++] = length;
    if (units < run.length * SHORT_IN_RUN && this.#asciiOf(run, units)) return true;
    let text = "";
    for (const each of run) text += each;
    if (text.isWellFormed()) this.#inPlace(text);
    else this.#at = start;
    return this.#at > start;
  }

  // Writes the text of a run. Returns false if it is not ASCII. Nothing was written then.
  #asciiOf(run: readonly string[], units: number): boolean {
    const start = this.#at;
    this.size(units);
    const bytes = this.#bytes;
    let at = this.#at;
    for (const text of run) {
      for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        if (code >= 0x80) {
          this.#at = start;
          return false;
        }
        bytes[at++] = code;
      }
    }
    this.#at = at;
    return true;
  }

  // Returns false if the string is not ASCII. Nothing was written then.
  #ascii(value: string): boolean {
    this.#reserve(value.length + 2);
    const start = this.#at;
    const bytes = this.#bytes;
    bytes[start] = Tag.ascii;
    bytes[start + 1] = value.length;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 0x80) return false;
      bytes[start + 2 + i] = code;
    }
    this.#at = start + 2 + value.length;
    return true;
  }

  #utf8(value: string): void {
    this.byte(Tag.utf8);
    if (value.length > IN_PLACE) {
      const bytes = encoder.encode(value);
      this.size(bytes.length);
      this.raw(bytes);
    } else this.#inPlace(value);
  }

  #inPlace(value: string): void {
    const most = value.length * MOST_BYTES_A_UNIT;
    this.#reserve(MOST_SIZE_BYTES + most);
    // The number of bytes stands before them. It is known afterwards, and takes as much room as the number of units, unless a border lies between.
    const from = this.#at + sizeBytes(value.length);
    const { written } = encoder.encodeInto(value, this.#bytes.subarray(from, from + most));
    const to = this.#at + sizeBytes(written);
    if (to !== from) this.#bytes.copyWithin(to, from, from + written);
    this.size(written);
    this.#at += written;
  }

  #utf16(value: string): void {
    this.byte(Tag.utf16);
    this.size(value.length);
    this.#reserve(value.length * 2);
    for (let i = 0; i < value.length; i++) {
      this.#view.setUint16(this.#at, value.charCodeAt(i));
      this.#at += 2;
    }
  }

  #reserve(more: number): void {
    const needed = this.#at + more;
    if (needed <= this.#bytes.length) return;
    const most = this.#start + MAX_MESSAGE;
    if (needed > most) throw new TooLarge();
    const grown = allocate(Math.min(Math.max(needed + ROOM_BEHIND, this.#bytes.length * 2), most));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#replace(grown);
  }

  #replace(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.#prefixes = new Prefixes(bytes);
    if (bytes.length === FIRST_SIZE) this.#at = 0;
  }
}

/** Returns the number of bytes in which `size` writes a value. */
function sizeBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

function allocate(size: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(size);
  } catch {
    throw new TooLarge(`This process has no memory left for a message of ${size} bytes: send it in parts.`);
  }
}
