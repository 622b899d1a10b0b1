declare const KEPT: unique symbol;

/**
 * Bytes that nobody else changes or uses again: they may be kept. A plain `Uint8Array` that passes between layers is lent. It is good
 * until the call returns, or until the next call of the same object. Keeping it takes a copy, and the compiler asks for one.
 */
export type KeptBytes = Uint8Array & { readonly [KEPT]: true };

/** Below this size, bytes are copied rather than kept alive together with the larger buffer that they lie in. */
export const COPY_BELOW: number = 1 << 16;

/** Takes over bytes that the caller made itself, or that were given to it for good. */
export function asKept(bytes: Uint8Array): KeptBytes {
  return bytes as KeptBytes;
}

/** Copies lent bytes. */
export function copyOf(bytes: Uint8Array): KeptBytes {
  return bytes.slice() as KeptBytes;
}

/** Keeps a part of a chunk that will not be used again. A small part is copied, so that it does not keep the whole chunk alive. */
export function keepPart(bytes: Uint8Array): KeptBytes {
  return bytes.length < COPY_BELOW ? copyOf(bytes) : asKept(bytes);
}

/** Pieces as one. */
export function join(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
