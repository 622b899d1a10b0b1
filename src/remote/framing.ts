// The format of CPython's `multiprocessing.connection`: each message follows its length, which is an int32, the highest byte first. A
// length of -1 says that the real length follows in 8 bytes.

const SHORT_HEADER = 4;
const LONG_HEADER = 12;

// Below this size, length and message leave in one piece: two pieces would be two packets.
const JOIN_BELOW = 1 << 14;
// Large messages leave in pieces of this size, because some runtimes copy all that is left of a write at each step.
const PIECE = 1 << 19;

/** A message with its length, in pieces. */
export function frameMessage(bytes: Uint8Array): Uint8Array[] {
  const isJoined = bytes.length < JOIN_BELOW;
  const header = new Uint8Array(SHORT_HEADER + (isJoined ? bytes.length : 0));
  new DataView(header.buffer).setInt32(0, bytes.length);
  if (isJoined) {
    header.set(bytes, SHORT_HEADER);
    return [header];
  }
  const pieces: Uint8Array[] = [header];
  for (let at = 0; at < bytes.length; at += PIECE) pieces.push(bytes.subarray(at, at + PIECE));
  return pieces;
}

/** How long the header and the message are that begin here; `undefined` if too little of the header has come. */
export function lengthsAt(bytes: Uint8Array): { readonly header: number; readonly length: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < SHORT_HEADER) return undefined;
  const length = view.getInt32(0);
  // No other negative number is a length. An infinite one is above every limit.
  if (length !== -1) return { header: SHORT_HEADER, length: length < 0 ? Number.POSITIVE_INFINITY : length };
  if (view.byteLength < LONG_HEADER) return undefined;
  return { header: LONG_HEADER, length: Number(view.getBigUint64(SHORT_HEADER)) };
}
