// The messages that a connection has read and nobody has received, in the form in which they travel with the connection: the number of
// messages, for each the number of its descriptors, and the bytes as they came. The last message may be incomplete, or empty.
import { MAX_MESSAGE } from "../../../codec/tags.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import { join } from "../../../util/bytes.ts";

/** The size of a message's header. */
export const HEADER = 4;

/** A message, or a part of one, with the descriptors that came with it. */
export interface AheadMessage {
  readonly bytes: Uint8Array;
  readonly fds: readonly number[];
}

/** What {@link packAhead} packed. */
export interface ReadAhead {
  readonly messages: AheadMessage[];
  /** The part of the next message that came, from its header on. */
  readonly part: AheadMessage;
  /** The length of that message. `undefined` if its header is not complete. */
  readonly partLength: number | undefined;
}

export function packAhead(messages: readonly AheadMessage[], part: AheadMessage): AheadMessage {
  const all = [...messages, part];
  const counts = Int32Array.of(all.length, ...all.map(({ fds }) => fds.length));
  const pieces = messages.flatMap(({ bytes }) => [headerOf(bytes.length), bytes]);
  return { bytes: join([new Uint8Array(counts.buffer), ...pieces, part.bytes]), fds: all.flatMap(({ fds }) => fds) };
}

/** Throws `CorruptedError` for bytes that `packAhead` did not make. */
export function unpackAhead(bytes: Uint8Array, fds: readonly number[]): ReadAhead {
  const count = bytes.length < 4 ? 0 : viewOf(bytes).getInt32(0, true);
  if (count < 1 || count > (bytes.length >> 2) - 1) throw malformed();
  const counts = Array.from({ length: count }, (_, i) => viewOf(bytes).getInt32(4 * (i + 1), true));
  if (counts.some((each) => each < 0) || counts.reduce((sum, each) => sum + each, 0) !== fds.length) throw malformed();
  const left = [...fds];
  let rest = bytes.subarray(4 * (count + 1));
  const messages = counts.slice(0, -1).map((each): AheadMessage => {
    const length = lengthOf(rest);
    if (length === undefined || rest.length < HEADER + length) throw malformed();
    const message = { bytes: rest.slice(HEADER, HEADER + length), fds: left.splice(0, each) };
    rest = rest.subarray(HEADER + length);
    return message;
  });
  const partLength = lengthOf(rest);
  if (partLength !== undefined && rest.length > HEADER + partLength) throw malformed();
  return { messages, part: { bytes: rest, fds: left }, partLength };
}

function headerOf(length: number): Uint8Array {
  const header = new Uint8Array(HEADER);
  viewOf(header).setUint32(0, length);
  return header;
}

function lengthOf(bytes: Uint8Array): number | undefined {
  if (bytes.length < HEADER) return undefined;
  const length = viewOf(bytes).getUint32(0);
  if (length > MAX_MESSAGE) throw malformed();
  return length;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function malformed(): CorruptedError {
  return new CorruptedError("A connection came with a malformed part of a message: its sender is not a polyproc process.");
}
