// Checks the arguments of a connection's calls, and handles the raw bytes of its messages.
import type { Incoming } from "../backend/contract/message.ts";
import { MAX_MESSAGE } from "../codec/tags.ts";
import { BufferTooShort, MessageTooLongError } from "../errors/errors.ts";
import { nothingCame } from "../errors/messages.ts";
import { isBuffer, isSharedBuffer } from "../util/built-in-class.ts";
import { describe } from "../util/describe.ts";
import { checkTimeout, checkWait, upTo, type Wait, type WaitOptions } from "../util/wait-options.ts";

/** Bytes in any form. Offsets and sizes count bytes, also for views with larger elements such as `Float64Array`. */
export type Bytes = ArrayBufferView | ArrayBufferLike;

export function bytesOf(buffer: unknown, name: string): Uint8Array {
  if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  if (isBuffer(buffer) || isSharedBuffer(buffer)) return new Uint8Array(buffer);
  throw new TypeError(`${name} must be an ArrayBuffer or a view of one, received ${describe(buffer)}.`);
}

export function checkSize(value: unknown, name: string, most: number): number {
  if (typeof value !== "number") throw new TypeError(`${name} must be a number of bytes, received ${describe(value)}.`);
  if (!Number.isInteger(value) || value < 0 || value > most)
    throw new RangeError(`${name} must be a whole number from 0 to ${most}, received ${value}.`);
  return value;
}

/** Returns the part of `buffer` that a caller wants to send. */
export function checkRange(buffer: Bytes, offset: number, size: number | undefined): Uint8Array {
  const bytes = bytesOf(buffer, "buffer");
  const start = checkSize(offset, "offset", bytes.length);
  const length = size === undefined ? bytes.length - start : checkSize(size, "size", bytes.length - start);
  if (length > MAX_MESSAGE) throw new RangeError(`A message holds at most ${MAX_MESSAGE} bytes, received ${length}: send it in parts.`);
  return bytes.subarray(start, start + length);
}

/** Returns the largest length of a message that the caller accepts, in bytes. */
export function checkMost(maxLength: number | undefined): number {
  return maxLength === undefined ? Number.POSITIVE_INFINITY : checkSize(maxLength, "maxLength", Number.MAX_SAFE_INTEGER);
}

/** Checks the argument of `poll`, which may also be a number of milliseconds, or `null` for no limit. */
export function checkPoll(timeout: number | null | WaitOptions): Wait {
  if (timeout === null) return checkWait(undefined);
  return typeof timeout === "object" ? checkWait(timeout) : upTo(checkTimeout(timeout));
}

/** Returns the bytes of a message for the caller to keep. Throws `TimeoutError` if no message came in time. */
export function takeBytes(incoming: Incoming | undefined): Uint8Array {
  if (incoming === undefined) throw nothingCame();
  incoming.settle();
  const { bytes } = incoming.message;
  return incoming.lent ? bytes.slice() : bytes;
}

export function notLonger(bytes: Uint8Array, most: number): Uint8Array {
  if (bytes.length <= most) return bytes;
  throw new MessageTooLongError(
    `A message of ${bytes.length} bytes came, and maxLength is ${most}: it was dropped; receive with a larger maxLength.`,
  );
}

/** Copies a message into the caller's buffer. Returns the message's length in bytes. */
export function copyInto(bytes: Uint8Array, target: Uint8Array, start: number): number {
  if (bytes.length > target.length - start) {
    const message = `A message of ${bytes.length} bytes came, and the buffer has room for ${target.length - start}: take it from this error's bytes.`;
    throw new BufferTooShort(message, { fields: { bytes } });
  }
  target.set(bytes, start);
  return bytes.length;
}
