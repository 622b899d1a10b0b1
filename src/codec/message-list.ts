import { CorruptedError } from "../errors/errors.ts";
import { getUint32, setUint32 } from "./frame.ts";

// Many messages in one: the length of each (u32), and its bytes. None of them has references to shared objects.
const LENGTH = 4;

/** The largest number of messages in one list. */
export const MOST_MESSAGES = 1024;

/** A list that has this number of bytes gets no further messages. */
export const ENOUGH_BYTES: number = 1 << 18;

const FIRST_SIZE = 1 << 12;

/** A list that is written message by message. */
export class ListWriter {
  /** The number of messages. */
  count = 0;
  #buffer = new Uint8Array(FIRST_SIZE);
  #used = 0;

  /** The list as it is now. It is valid until the list changes. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#used);
  }

  get size(): number {
    return this.#used;
  }

  add(message: Uint8Array): void {
    const start = this.#used + LENGTH;
    const end = start + message.length;
    if (end > this.#buffer.length) this.#grow(end);
    setUint32(this.#buffer, this.#used, message.length);
    this.#buffer.set(message, start);
    this.#used = end;
    this.count++;
  }

  /** Removes the first messages. */
  drop(count: number): void {
    let at = 0;
    if (count === this.count) at = this.#used;
    else for (let i = 0; i < count; i++) at += LENGTH + getUint32(this.#buffer, at);
    this.#buffer.copyWithin(0, at, this.#used);
    this.#used -= at;
    this.count -= count;
  }

  #grow(size: number): void {
    const larger = new Uint8Array(2 ** Math.ceil(Math.log2(size)));
    larger.set(this.bytes);
    this.#buffer = larger;
  }
}

/** Returns messages as one array of bytes. */
export function joinMessages(messages: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(messages.reduce((size, { length }) => size + LENGTH + length, 0));
  let at = 0;
  for (const bytes of messages) {
    setUint32(joined, at, bytes.length);
    joined.set(bytes, at + LENGTH);
    at += LENGTH + bytes.length;
  }
  return joined;
}

/** Returns the messages of a list, as parts of its bytes. Throws `CorruptedError` for bytes that are no list of 1 to `most` messages. */
export function splitMessages(joined: Uint8Array, most: number = MOST_MESSAGES): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at < joined.length; ) {
    const start = at + LENGTH;
    at = start > joined.length ? Number.POSITIVE_INFINITY : start + getUint32(joined, start - LENGTH);
    if (at > joined.length || messages.length === most) throw malformed();
    messages.push(joined.subarray(start, at));
  }
  if (messages.length === 0) throw malformed();
  return messages;
}

function malformed(): CorruptedError {
  return new CorruptedError("A list of messages is malformed: its sender is no polyproc process of this version.");
}
