// The format of CPython's `multiprocessing.connection`: before each message comes its length, an int32 with the highest byte first. A
// length of -1 means that the real length follows in 8 bytes.

const SHORT_HEADER = 4;
const LONG_HEADER = 12;

// A message below this size is sent in one piece with its length, because two pieces would become two packets.
const JOIN_BELOW = 1 << 14;
// Large messages are sent in pieces of this size, because some runtimes copy the whole rest of a write again and again.
const PIECE = 1 << 19;

/** Returns a message with its length, in pieces. */
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

/** Returns the lengths of the header and of the message that begin here, or `undefined` if the header is not complete. */
export function lengthsAt(bytes: Uint8Array): { readonly header: number; readonly length: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < SHORT_HEADER) return undefined;
  const length = view.getInt32(0);
  // No other negative number is a valid length. It becomes infinite, which is above every limit.
  if (length !== -1) return { header: SHORT_HEADER, length: length < 0 ? Number.POSITIVE_INFINITY : length };
  if (view.byteLength < LONG_HEADER) return undefined;
  return { header: LONG_HEADER, length: Number(view.getBigUint64(SHORT_HEADER)) };
}
