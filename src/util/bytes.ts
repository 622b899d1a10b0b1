import { Buffer } from "node:buffer";

declare const KEPT: unique symbol;

/**
 * Bytes that no other code changes or uses again, so they may be kept. A plain `Uint8Array` that passes between layers is only lent. It is
 * valid until the call returns, or until the next call on the same object. To keep it, copy it: the type makes the compiler ask for the
 * copy.
 */
export type KeptBytes = Uint8Array & { readonly [KEPT]: true };

/** Below this size, bytes are copied rather than kept alive together with the larger buffer that they lie in. */
export const COPY_BELOW: number = 1 << 16;

/** A buffer that is used again and again becomes no larger than this. Its memory is in use already, and new memory takes longer than a copy. */
export const MOST_REUSED: number = 1 << 21;

/** Marks bytes as kept. The caller has made them itself, or may keep them for another reason. */
export function asKept(bytes: Uint8Array): KeptBytes {
  return bytes as KeptBytes;
}

/**
 * Makes an array whose bytes are whatever was in its memory. All of them must be overwritten. It is for large ones: to fill a megabyte with
 * zeros takes as long as to copy it.
 */
export function uninitialized(size: number): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset } = Buffer.allocUnsafeSlow(size);
  return new Uint8Array(buffer, byteOffset, size);
}

/** Copies lent bytes. */
export function copyOf(bytes: Uint8Array): KeptBytes {
  if (bytes.length < COPY_BELOW) return bytes.slice() as KeptBytes;
  const copy = uninitialized(bytes.length);
  copy.set(bytes);
  return asKept(copy);
}

// Small copies lie one behind the other in a buffer of this size. To make a buffer for each would take longer than the copy.
const COMMON = 1 << 14;
const SMALL = 1 << 10;
let common = new Uint8Array(0);
let used = 0;

/** Like {@link keepPart}, for bytes that are needed for a short time only. Small copies share a buffer, which lives as long as one of them. */
export function keepForAWhile(bytes: Uint8Array): KeptBytes {
  if (bytes.length > SMALL) return keepPart(bytes);
  if (used + bytes.length > common.length) {
    common = new Uint8Array(COMMON);
    used = 0;
  }
  const copy = common.subarray(used, used + bytes.length);
  copy.set(bytes);
  used += bytes.length;
  return asKept(copy);
}

/** Keeps a part of a chunk that will not be used again. A small part is copied, so that it does not keep the whole chunk alive. */
export function keepPart(bytes: Uint8Array): KeptBytes {
  return bytes.length < COPY_BELOW ? copyOf(bytes) : asKept(bytes);
}

/** Returns the pieces as one array. */
export function join(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const joined = size < COPY_BELOW ? new Uint8Array(size) : uninitialized(size);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/**
 * Frees the memory of large bytes at once. Nobody may use them any more. The collector would free them later, and because of memory that
 * it does not own it runs more often than the program's own objects need.
 *
 * @param bytes the only bytes in their buffer
 */
export function free(bytes: KeptBytes): void {
  if (bytes.length >= COPY_BELOW && bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0);
}
