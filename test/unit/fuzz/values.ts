import { FORMAT, SMALL_INT, Tag } from "../../../src/codec/tags.ts";
import type { Random } from "../../../tools/random.ts";

/** Property names that have a meaning for JavaScript or for the library. */
export const NAMES: readonly string[] = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "toJSON",
  "then",
  "name",
  "message",
  "stack",
  "cause",
  "errors",
  "length",
  "polluted",
  "remote",
  "remoteName",
  "code",
  "meta",
  "refs",
  "kind",
  "hub",
  "id",
  "ahead",
  "value",
  "error",
  "",
  "0",
];

const CLASSES = [
  "Error",
  "TypeError",
  "AggregateError",
  "RemoteError",
  "ProcessDiedError",
  "SerializationError",
  "EOFError",
  "FuzzPoint",
  "FuzzMoney",
  "FuzzError",
  "DOMException",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "Function",
];
const PATTERNS = ["a", "(?<b>.)", "[", "(a+)+$", "\\u{110000}", "(?:", "x{1,99999}", ""];
const FLAGS = ["", "g", "giu", "gg", "v", "uv", "q"];
const DOM = ["AbortError", "TimeoutError", "Own", "__proto__"];
const URLS = [
  "http://user:p@a.example:81/b/../c?d=e#f",
  "a:b",
  "data:,x y",
  "http://[::1]/",
  "http://a b/",
  "//x",
  "file:///C|/x",
  "http://ü/",
];
const PARAMS = ["a=1&b=2&a=", "%3Fa=b", "", "%zz&=&&", "ü=\ud800"];
const TEMPORAL: readonly (readonly [type: string, text: string])[] = [
  ["Instant", "1767323045123456789"],
  ["Instant", "99999999999999999999999999"],
  ["ZonedDateTime", "0 Europe/Berlin gregory"],
  ["ZonedDateTime", "0 Nowhere/City iso8601"],
  ["Duration", "1 2 3 4 5 6 7 8000 9 1000001"],
  ["Duration", "1 -2 0 0 0 0 0 0 0 0"],
  ["Duration", "1e400 NaN"],
  ["PlainDate", "2026-02-28[u-ca=hebrew]"],
  ["PlainDate", "2026-02-30"],
  ["PlainTime", "23:59:59.999999999"],
  ["PlainDateTime", "2026-02-28T01:02:03.5[u-ca=japanese]"],
  ["PlainYearMonth", "2026-02[u-ca=iso8601]"],
  ["PlainMonthDay", "1972-02-29[u-ca=gregory]"],
  ["Now", ""],
  ["constructor", "x"],
];
const MOST_DEPTH = 8;
const MOST_BYTES = 4096;

/** Writes the bytes of random values, tag by tag as the decoder reads them. One in fifty is wrong, unless the writer is honest. */
export class ValueWriter {
  readonly out: number[] = [];
  readonly #random: Random;
  readonly #honest: boolean;
  #objects = 0;

  constructor(random: Random, honest: boolean = random.once(2)) {
    this.#random = random;
    this.#honest = honest;
  }

  whole(): Uint8Array {
    this.out.push(FORMAT);
    if (this.#random.once(40)) this.laughs();
    else this.value(0);
    return Uint8Array.from(this.out);
  }

  value(depth: number): void {
    const random = this.#random;
    if (this.#lies()) {
      if (random.once(40)) return this.laughs();
      this.out.push(random.int(256));
    }
    const scalar = depth > MOST_DEPTH || this.out.length > MOST_BYTES || random.int(8) < 3;
    if (scalar) this.#scalar();
    else this.#object(depth);
  }

  /** Few bytes for a value with 2^60 paths through it, like the "billion laughs" attack on XML parsers. */
  laughs(): void {
    const levels = 60;
    for (let level = 0; level < levels; level++) {
      this.out.push(Tag.array);
      this.size(2);
    }
    this.out.push(SMALL_INT);
    const innermost = this.#objects + levels - 1;
    this.#objects += levels;
    for (let level = 0; level < levels; level++) {
      if (level === 0) {
        this.out.push(SMALL_INT);
        continue;
      }
      this.out.push(Tag.known);
      this.size(innermost - level + 1);
    }
  }

  size(value: number): void {
    let rest = value;
    if (this.#lies()) {
      const lie = this.#random.pick([0, value + 1, value - 1, 127, 128, 2 ** 32, 2 ** 53 - 1, 2 ** 56 - 1]);
      // A long run of holes is allowed and takes its time, so it is tried only now and then.
      rest = Math.max(0, lie);
    }
    while (rest >= 0x80) {
      this.out.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.out.push(rest);
  }

  string(text: string): void {
    const random = this.#random;
    if (this.#lies()) this.out.push(random.int(256));
    const kind = random.int(4);
    if (kind === 0) {
      this.out.push(Tag.utf16);
      this.size(text.length);
      for (let i = 0; i < text.length; i++) this.out.push(text.charCodeAt(i) >> 8, text.charCodeAt(i) & 0xff);
      return;
    }
    this.out.push(kind === 1 ? Tag.utf8 : Tag.ascii);
    this.size(text.length);
    for (let i = 0; i < text.length; i++) this.out.push(text.charCodeAt(i) & (this.#lies() ? 0xff : 0x7f));
  }

  field(key: string, write: () => void): void {
    this.string(key);
    write();
  }

  raw(length: number): void {
    for (let i = 0; i < length; i++) this.out.push(this.#random.int(256));
  }

  bytes(bytes: Uint8Array): void {
    this.out.push(Tag.typed, 0);
    this.size(bytes.length);
    this.out.push(...bytes);
    this.#objects++;
  }

  fields(entries: readonly (readonly [string, () => void])[]): void {
    this.out.push(Tag.object);
    this.#objects++;
    this.size(entries.length);
    for (const [key, write] of entries) this.field(key, write);
  }

  #lies(): boolean {
    return !this.#honest && this.#random.once(50);
  }

  #name(): string {
    return this.#random.once(3) ? String.fromCharCode(97 + this.#random.int(26)) : this.#random.pick(NAMES);
  }

  #scalar(): void {
    const random = this.#random;
    switch (random.int(9)) {
      case 0:
        this.out.push(random.int(4));
        return;
      case 1:
        this.out.push(Tag.int32);
        return this.raw(4);
      case 2:
        this.out.push(Tag.float64);
        return this.raw(8);
      case 3: {
        this.out.push(Tag.bigint, random.int(2));
        const size = random.int(12);
        this.size(size);
        return this.raw(size);
      }
      case 4:
      case 5:
        return this.string(this.#name());
      case 6:
        return this.string(random.once(20) ? "long ".repeat(random.int(40)) : "ü\ud800ÿ");
      case 7:
        if (this.#objects === 0) break;
        this.out.push(Tag.known);
        return this.size(random.int(this.#objects));
    }
    this.out.push(SMALL_INT | random.int(128));
  }

  #object(depth: number): void {
    const random = this.#random;
    this.#objects++;
    switch (random.int(18)) {
      case 0:
      case 1:
        this.out.push(Tag.object);
        return this.#fields(depth);
      case 2:
        this.out.push(Tag.nullObject);
        return this.#fields(depth);
      case 3:
      case 4:
        return this.#array(depth);
      case 5:
      case 6: {
        const isMap = random.once(2);
        this.out.push(isMap ? Tag.map : Tag.set);
        const count = random.int(4);
        this.size(count);
        for (let i = 0; i < (isMap ? 2 * count : count); i++) this.value(depth + 1);
        return;
      }
      case 7:
        this.out.push(Tag.date);
        return this.raw(8);
      case 8:
        this.out.push(Tag.regexp);
        this.string(random.pick(PATTERNS));
        this.string(random.pick(FLAGS));
        return this.raw(8);
      case 9: {
        this.out.push(random.once(2) ? Tag.buffer : Tag.view);
        const size = random.int(20);
        this.size(size);
        return this.raw(size);
      }
      case 10: {
        const kind = random.int(14);
        if (kind < 12) this.out.push(Tag.typed, kind);
        else this.out.push(kind === 12 ? Tag.integers : Tag.floats);
        const size = 8 * random.int(3);
        this.size(size);
        return this.raw(size);
      }
      case 11:
        return this.#errorParts(depth);
      case 12:
        this.out.push(Tag.instance);
        this.string(random.pick(CLASSES));
        return this.#fields(depth);
      case 13:
        this.out.push(Tag.converted);
        this.string(random.pick(CLASSES));
        return this.value(depth + 1);
      case 14:
        this.out.push(Tag.boxed);
        return this.#scalar();
      case 15: {
        const isUrl = random.once(2);
        this.out.push(isUrl ? Tag.url : Tag.searchParams);
        return this.string(random.pick(isUrl ? URLS : PARAMS));
      }
      case 16: {
        const [type, text] = random.pick(TEMPORAL);
        this.out.push(Tag.temporal);
        this.string(type);
        return this.string(text);
      }
      default:
        this.out.push(Tag.shared);
        return this.size(random.int(2));
    }
  }

  #fields(depth: number): void {
    const count = this.#random.int(5);
    this.size(count);
    for (let i = 0; i < count; i++) {
      this.string(this.#name());
      this.value(depth + 1);
    }
  }

  #array(depth: number): void {
    const random = this.#random;
    const parts = Array.from({ length: random.int(5) }, () => random.int(12));
    const lengths = parts.map((part) => {
      if (part === 0) return random.once(1000) ? 2 ** random.int(26) : random.int(50);
      if (part === 1) return random.int(random.once(20) ? 256 : 12);
      return part === 2 ? 1 + random.int(20) : 1;
    });
    this.out.push(Tag.array);
    this.size(lengths.reduce((sum, length) => sum + length, 0));
    parts.forEach((part, i) => {
      const length = lengths[i] ?? 0;
      if (part === 0) {
        this.out.push(Tag.holes);
        this.size(length);
      } else if (part === 1) this.#strings(length);
      else if (part === 2) this.#rows(length);
      else this.value(depth + 1);
    });
  }

  /** A table of rows: the keys, and the values of each key. */
  #rows(count: number): void {
    const random = this.#random;
    const width = 1 + random.int(3);
    this.out.push(Tag.rows);
    this.size(count);
    this.size(width);
    for (let i = 0; i < width; i++) this.string(this.#name());
    this.#objects += count;
    for (let i = 0; i < width; i++) {
      if (random.once(3)) {
        const isFloats = random.once(2);
        this.out.push(isFloats ? Tag.floats : Tag.integers);
        this.size(count * (isFloats ? 8 : 4));
        this.raw(count * (isFloats ? 8 : 4));
      } else if (random.once(2)) this.#strings(count);
      else for (let cell = 0; cell < count; cell++) this.#scalar();
    }
  }

  /** A run of strings: the length of each, and the text of all. */
  #strings(count: number): void {
    const random = this.#random;
    const texts = Array.from({ length: count }, () => (random.once(20) ? "ü€😀".slice(random.int(4)) : this.#name()));
    const text = new TextEncoder().encode(texts.join(""));
    this.out.push(Tag.strings, this.#lies() ? random.int(256) : count);
    for (const { length } of texts) this.out.push(this.#lies() ? random.int(256) : length);
    this.size(text.length);
    this.out.push(...text);
  }

  /** An error. Its fields may have the names of its parts, such as "message". */
  error(depth: number): void {
    this.#objects++;
    this.#errorParts(depth);
  }

  #errorParts(depth: number): void {
    const random = this.#random;
    this.out.push(Tag.error);
    const way = random.int(10);
    if (way === 0) this.out.push(Tag.null);
    else if (way === 1) this.value(depth + 1);
    else if (way === 2 && random.once(10)) this.laughs();
    else this.string(random.pick(CLASSES));
    this.string(random.pick(DOM));
    const parts = random.int(16);
    this.out.push(this.#lies() ? random.int(256) : parts);
    if ((parts & 1) !== 0) this.#text();
    if ((parts & 2) !== 0) this.#text();
    if ((parts & 4) !== 0) this.value(depth + 1);
    if ((parts & 8) !== 0) this.value(depth + 1);
    this.#fields(depth);
  }

  #text(): void {
    if (this.#lies()) this.value(MOST_DEPTH);
    else this.string(this.#name());
  }
}

/** A copy of the bytes with some of them changed, dropped, doubled, or replaced by a part of `other`. */
export function mutate(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  let mutant = bytes.slice();
  for (let edits = 1 + random.int(3); edits > 0 && mutant.length > 0; edits--) {
    const at = random.int(mutant.length);
    switch (random.int(6)) {
      case 0:
        mutant[at] = random.int(256);
        break;
      case 1:
        mutant[at] = (mutant[at] ?? 0) ^ (1 << random.int(8));
        break;
      case 2:
        mutant[at] = random.pick([
          0,
          1,
          0x7f,
          0x80,
          0xff,
          Tag.known,
          Tag.error,
          Tag.holes,
          Tag.strings,
          Tag.rows,
          Tag.converted,
          Tag.boxed,
          Tag.url,
          Tag.temporal,
        ]);
        break;
      case 3:
        mutant = mutant.slice(0, at);
        break;
      case 4: {
        const to = Math.min(mutant.length, at + random.int(16));
        mutant = Uint8Array.from([...mutant.subarray(0, to), ...mutant.subarray(at)]);
        break;
      }
      default: {
        const from = random.int(other.length + 1);
        const part = other.subarray(from, from + random.int(24));
        mutant = Uint8Array.from([...mutant.subarray(0, at), ...part, ...mutant.subarray(at + random.int(part.length + 1))]);
      }
    }
  }
  return mutant;
}
