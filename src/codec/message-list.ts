import { CorruptedError } from "../errors/errors.ts";
import { asKept, type KeptBytes } from "../util/bytes.ts";
import { encodeBehind } from "./encode.ts";
import { getUint32, setUint32 } from "./frame.ts";
import { Writer } from "./writer.ts";

// Many messages in one: the length of each (u32), and its bytes. None of them has references to shared objects.
const LENGTH = 4;

/** The largest number of messages in one list. */
export const MOST_MESSAGES = 1024;

/** A list that has this number of bytes gets no further messages. */
export const ENOUGH_BYTES: number = 1 << 18;

/** A list that is written message by message. */
export class ListWriter {
  readonly #out = new Writer();
  #count = 0;
  // Where the last message begins.
  #start = 0;

  /** The number of messages. */
  get count(): number {
    return this.#count;
  }

  /** The list as it is now. It is valid until the list changes. */
  get bytes(): Uint8Array {
    return this.#out.written;
  }

  get size(): number {
    return this.#out.length;
  }

  /** The number of bytes that it may have before it takes new memory. */
  get capacity(): number {
    return this.#out.capacity;
  }

  /** Adds a value as a message. Returns the shared objects inside. Throws as `encode` does; nothing was added then. */
  add(value: unknown, root: () => string): readonly object[] {
    const before = this.#out.length;
    this.#out.int32(0);
    try {
      const shared = encodeBehind(this.#out, value, root);
      this.#start = before + LENGTH;
      this.#out.patch(before, this.lastSize);
      this.#count++;
      return shared;
    } catch (error) {
      this.#out.rewind(before);
      throw error;
    }
  }

  /** The number of bytes of the message that was added last. */
  get lastSize(): number {
    return this.#out.length - this.#start;
  }

  /** Removes the message that was added last, and returns it. */
  takeLast(): KeptBytes {
    const bytes = this.#out.cutOff(this.#start);
    this.#out.rewind(this.#start - LENGTH);
    this.#count--;
    return asKept(bytes);
  }

  /** Removes the first messages. */
  drop(count: number): void {
    let at = this.#out.length;
    if (count < this.#count) {
      const bytes = this.#out.written;
      at = 0;
      for (let i = 0; i < count; i++) at += LENGTH + getUint32(bytes, at);
    }
    this.#out.dropFirst(at);
    this.#count -= count;
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

/**
 * Returns where each message of a list begins and ends, one pair of indexes behind the other. Throws `CorruptedError` for bytes that are no list of
 * 1 to `most` messages.
 */
export function boundsOf(joined: Uint8Array, most: number = MOST_MESSAGES): number[] {
  const bounds: number[] = [];
  for (let at = 0; at < joined.length; ) {
    const start = at + LENGTH;
    at = start > joined.length ? Number.POSITIVE_INFINITY : start + getUint32(joined, start - LENGTH);
    if (at > joined.length || bounds.length === 2 * most) throw malformed();
    bounds.push(start, at);
  }
  if (bounds.length === 0) throw malformed();
  return bounds;
}

/** Returns the messages of a list, as parts of its bytes. Throws as {@link boundsOf} does. */
export function splitMessages(joined: Uint8Array, most: number = MOST_MESSAGES): Uint8Array[] {
  const bounds = boundsOf(joined, most);
  return Array.from({ length: bounds.length / 2 }, (_, i) => joined.subarray(bounds[2 * i], bounds[2 * i + 1]));
}

function malformed(): CorruptedError {
  return new CorruptedError("A list of messages is malformed: its sender is no polyproc process of this version.");
}
