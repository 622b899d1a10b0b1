import { KEEP_BELOW } from "../util/bytes.ts";
import { MAX_MESSAGE, Tag } from "./tags.ts";

const INITIAL = 1 << 10;
const ASCII_BY_HAND = 48;
const encoder = new TextEncoder();

/** Grows as it is written to. */
export class Writer {
  #bytes = new Uint8Array(INITIAL);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  reset(): void {
    this.#at = 0;
  }

  /** What was written; less than KEEP_BELOW is lent until the next write. */
  finish(): Uint8Array {
    const whole = this.#bytes.subarray(0, this.#at);
    // A larger buffer is given away instead of being copied out and kept.
    if (this.#at >= KEEP_BELOW) this.#replace(new Uint8Array(INITIAL));
    return whole;
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

  /** A whole number of 0 or more, seven bits a byte, the lowest first. */
  size(value: number): void {
    this.#reserve(8);
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

  /** A string with its tag: ASCII, UTF-8, or UTF-16 where a lone surrogate would not survive. */
  string(value: string): void {
    if (value.length < ASCII_BY_HAND && this.#ascii(value)) return;
    if (value.isWellFormed()) this.#utf8(value);
    else this.#utf16(value);
  }

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
    const bytes = encoder.encode(value);
    this.byte(Tag.utf8);
    this.size(bytes.length);
    this.raw(bytes);
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
    if (needed > MAX_MESSAGE) throw new RangeError(`A message holds at most ${MAX_MESSAGE} bytes: send it in parts.`);
    const grown = new Uint8Array(Math.max(needed, Math.min(this.#bytes.length * 2, MAX_MESSAGE)));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#replace(grown);
  }

  #replace(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    if (bytes.length === INITIAL) this.#at = 0;
  }
}
