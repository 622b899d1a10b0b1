import { NO_REFS } from "../backend/contract/message.ts";
import { isRef } from "../backend/contract/ref.ts";
import { CorruptedError, SerializationError } from "../errors/errors.ts";
import { decode } from "./decode.ts";
import { ALL_FLAGS, Flag, type Frame, type FrameMeta, getUint32, HEADER_SIZE, Offset } from "./frame.ts";
import { MAX_MESSAGE, MAX_META } from "./tags.ts";

/** Returns the size of the frame whose header begins at an index. */
export function sizeOfFrame(bytes: Uint8Array, at: number): number {
  const metaSize = getUint32(bytes, at + Offset.metaSize);
  const messageSize = getUint32(bytes, at + Offset.messageSize);
  if (metaSize > MAX_META || messageSize > MAX_MESSAGE || (bytes[at + Offset.flags] as number) > ALL_FLAGS) {
    throw new CorruptedError("A frame's header breaks the protocol: the other side is not a polyproc process of this version.");
  }
  return HEADER_SIZE + metaSize + messageSize;
}

/** Parses the frame from index `at` up to, but not including, index `end`. */
export function parseFrame(bytes: Uint8Array, at: number, end: number): Frame {
  const flags = bytes[at + Offset.flags] as number;
  const metaStart = at + HEADER_SIZE;
  const metaEnd = metaStart + getUint32(bytes, at + Offset.metaSize);
  const decoded = (flags & Flag.hasMeta) === 0 ? undefined : decodeMeta(bytes.subarray(metaStart, metaEnd));
  const message = (flags & Flag.hasMessage) === 0 ? undefined : { bytes: bytes.subarray(metaEnd, end), refs: decoded?.refs ?? NO_REFS };
  return {
    op: bytes[at] as number,
    id: getUint32(bytes, at + Offset.id),
    object: getUint32(bytes, at + Offset.object),
    once: (flags & Flag.once) !== 0,
    meta: decoded?.meta,
    message,
  };
}

function decodeMeta(bytes: Uint8Array): FrameMeta {
  let value: unknown;
  try {
    value = decode(bytes);
  } catch (error) {
    if (error instanceof SerializationError) throw new CorruptedError("A frame's settings are no valid value.", { cause: error });
    throw error;
  }
  if (typeof value !== "object" || value === null) throw new CorruptedError("A frame's settings are no object.");
  const { meta, refs } = value as { meta?: unknown; refs?: unknown };
  if (refs !== undefined && !(Array.isArray(refs) && refs.every(isRef))) throw new CorruptedError("A frame's references are malformed.");
  return { meta, refs };
}
