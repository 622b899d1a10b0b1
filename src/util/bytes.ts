/** Less is copied rather than kept alive with what it lies in. */
export const KEEP_BELOW: number = 1 << 16;

/** A small part of something larger, which is lent or would be kept alive, for whoever keeps it. */
export function owned(bytes: Uint8Array): Uint8Array {
  return bytes.length < KEEP_BELOW ? bytes.slice() : bytes;
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
