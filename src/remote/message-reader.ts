import { CorruptedError } from "../errors/errors.ts";
import { asKept, copyOf, join, type KeptBytes } from "../util/bytes.ts";
import { lengthsAt } from "./framing.ts";

// A message of this size or more gets a buffer of its own, which has this size at first, and into which its chunks are copied as they come.
const LARGE = 1 << 16;
// The number of bytes that are read beyond the next message.
const READ_AHEAD = 1 << 16;

/** Turns chunks of bytes, as they come, into messages. */
export class MessageReader {
  /** The largest length of a message, in bytes. */
  limit: number;
  // The bytes that came and do not belong to a large message.
  #rest: Uint8Array = new Uint8Array(0);
  // The buffer of a large message, the number of its bytes that came, and its length. The buffer grows with the bytes that come: a peer can
  // announce a long message and not send it.
  #large: Uint8Array | undefined;
  #arrived = 0;
  #length = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  push(chunk: Uint8Array): void {
    const part = chunk.subarray(0, this.#large === undefined ? 0 : this.#length - this.#arrived);
    if (part.length > 0) this.#append(part);
    const rest = chunk.subarray(part.length);
    if (rest.length > 0) this.#rest = this.#rest.length === 0 ? rest : join([this.#rest, rest]);
    this.#beginLarge();
  }

  /** Whether `take` would return a message, or throw. */
  get isReady(): boolean {
    if (this.#large !== undefined) return this.#arrived === this.#length;
    const next = lengthsAt(this.#rest);
    return next !== undefined && (next.length > this.limit || this.#rest.length >= next.header + next.length);
  }

  /** Whether reading should stop until a message is taken. */
  get isFull(): boolean {
    return this.#rest.length + this.#arrived >= READ_AHEAD && this.isReady;
  }

  /** Takes the next message, if it is complete. Throws `CorruptedError` for a message above the limit. */
  take(): KeptBytes | undefined {
    if (!this.isReady) return undefined;
    if (this.#large !== undefined) {
      const message = this.#large;
      this.#forgetLarge();
      return asKept(message);
    }
    const { header, length } = lengthsAt(this.#rest) ?? { header: 0, length: 0 };
    if (length > this.limit)
      throw new CorruptedError(
        `The other end announced a message of ${length} bytes, and at most ${this.limit} are taken: it speaks another protocol, or must send in parts.`,
      );
    const message = copyOf(this.#rest.subarray(header, header + length));
    this.#rest = this.#rest.subarray(header + length);
    return message;
  }

  /** Drops the part of a message that will not be completed. Returns the number of bytes that came, and of those that were expected. */
  dropTorn(): { readonly arrived: number; readonly expected: number } | undefined {
    const { header, length } = lengthsAt(this.#rest) ?? { header: this.#rest.length, length: 0 };
    const torn =
      this.#large !== undefined
        ? { arrived: this.#arrived, expected: this.#length }
        : { arrived: this.#rest.length - header, expected: length };
    const isTorn = this.#large !== undefined || this.#rest.length > 0;
    this.#forgetLarge();
    this.#rest = new Uint8Array(0);
    return isTorn ? torn : undefined;
  }

  #beginLarge(): void {
    const next = this.#large === undefined ? lengthsAt(this.#rest) : undefined;
    if (next === undefined || next.length < LARGE || next.length > this.limit || this.isReady) return;
    this.#large = new Uint8Array(LARGE);
    this.#length = next.length;
    this.#append(this.#rest.subarray(next.header));
    this.#rest = new Uint8Array(0);
  }

  #append(part: Uint8Array): void {
    const arrived = this.#arrived + part.length;
    let large = this.#large ?? new Uint8Array(0);
    if (arrived > large.length) {
      const larger = new Uint8Array(Math.min(this.#length, Math.max(arrived, 2 * large.length)));
      larger.set(large.subarray(0, this.#arrived));
      large = larger;
    }
    large.set(part, this.#arrived);
    this.#large = large;
    this.#arrived = arrived;
  }

  #forgetLarge(): void {
    this.#large = undefined;
    this.#arrived = 0;
  }
}
