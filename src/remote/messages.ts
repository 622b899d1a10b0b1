import { CorruptedError } from "../errors/errors.ts";
import { join } from "../util/bytes.ts";

const SHORT_HEAD = 4;
const LONG_HEAD = 12;
// Below this, length and message leave in one piece: two would be two packets.
const JOIN_BELOW = 1 << 14;
// Large messages leave in parts of this size: some runtimes copy what is left of a write at each step.
const PART = 1 << 19;
// A message of this size or more is gathered in place.
const LARGE = 1 << 16;
/** How much may be read ahead of what is asked for, beside one message. */
const READ_AHEAD: number = 1 << 16;

/** A message as CPython's `multiprocessing.connection` frames it, in pieces: its length (int32, big-endian), its bytes. */
export function frame(bytes: Uint8Array): Uint8Array[] {
  const joined = bytes.length < JOIN_BELOW;
  const head = new Uint8Array(SHORT_HEAD + (joined ? bytes.length : 0));
  new DataView(head.buffer).setInt32(0, bytes.length);
  if (joined) {
    head.set(bytes, SHORT_HEAD);
    return [head];
  }
  const pieces: Uint8Array[] = [head];
  for (let at = 0; at < bytes.length; at += PART) pieces.push(bytes.subarray(at, at + PART));
  return pieces;
}

/** Turns chunks of bytes, as they come, into messages. */
export class MessageReader {
  /** The longest message to be taken, in bytes. */
  limit: number;
  #rest: Uint8Array = new Uint8Array(0);
  // A large message, and how much of it came.
  #large: Uint8Array | undefined;
  #came = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  push(chunk: Uint8Array): void {
    const missing = this.#large === undefined ? 0 : this.#large.length - this.#came;
    const part = chunk.subarray(0, missing);
    this.#large?.set(part, this.#came);
    this.#came += part.length;
    const rest = chunk.subarray(part.length);
    if (rest.length > 0) this.#rest = this.#rest.length === 0 ? rest : join([this.#rest, rest]);
    this.#gather();
  }

  /** Whether `take` has something to give, or to say. */
  get isReady(): boolean {
    if (this.#large !== undefined) return this.#came === this.#large.length;
    const next = this.#next();
    return next !== undefined && (next.length > this.limit || this.#rest.length >= next.head + next.length);
  }

  /** Whether enough is here for now. */
  get isFull(): boolean {
    return this.#rest.length + this.#came >= READ_AHEAD && this.isReady;
  }

  /** The next message, if it is whole; throws `CorruptedError` for one above the limit. */
  take(): Uint8Array | undefined {
    if (!this.isReady) return undefined;
    if (this.#large !== undefined) {
      const whole = this.#large;
      this.#forget();
      return whole;
    }
    const { head, length } = this.#next() ?? { head: 0, length: 0 };
    if (length > this.limit)
      throw new CorruptedError(
        `The other end announced a message of ${length} bytes, and at most ${this.limit} are taken: it speaks another protocol, or must send in parts.`,
      );
    const message = this.#rest.slice(head, head + length);
    this.#rest = this.#rest.subarray(head + length);
    return message;
  }

  /** What came of a message that will not be completed, in bytes; it is dropped. */
  cut(): { readonly arrived: number; readonly expected: number } | undefined {
    const { head, length } = this.#next() ?? { head: this.#rest.length, length: 0 };
    const torn =
      this.#large !== undefined
        ? { arrived: this.#came, expected: this.#large.length }
        : { arrived: this.#rest.length - head, expected: length };
    const isTorn = this.#large !== undefined || this.#rest.length > 0;
    this.#forget();
    this.#rest = new Uint8Array(0);
    return isTorn ? torn : undefined;
  }

  // A length of -1 says that the real one follows in 8 bytes; less than that is none.
  #next(): { readonly head: number; readonly length: number } | undefined {
    const view = new DataView(this.#rest.buffer, this.#rest.byteOffset, this.#rest.byteLength);
    if (view.byteLength < SHORT_HEAD) return undefined;
    const length = view.getInt32(0);
    if (length !== -1) return { head: SHORT_HEAD, length: length < 0 ? Number.POSITIVE_INFINITY : length };
    if (view.byteLength < LONG_HEAD) return undefined;
    return { head: LONG_HEAD, length: Number(view.getBigUint64(SHORT_HEAD)) };
  }

  #gather(): void {
    const next = this.#large === undefined ? this.#next() : undefined;
    if (next === undefined || next.length < LARGE || next.length > this.limit || this.isReady) return;
    this.#large = new Uint8Array(next.length);
    this.#came = this.#rest.length - next.head;
    this.#large.set(this.#rest.subarray(next.head));
    this.#rest = new Uint8Array(0);
  }

  #forget(): void {
    this.#large = undefined;
    this.#came = 0;
  }
}
