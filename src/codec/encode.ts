import { COPY_BELOW, type KeptBytes, keepPart } from "../util/bytes.ts";
import { Encoder } from "./encoder.ts";
import { asRefusal } from "./refusal.ts";
import { FORMAT } from "./tags.ts";
import type { Manner } from "./value-encoder.ts";
import { Writer } from "./writer.ts";

/** A value as bytes that are valid until the next value is encoded, and the shared objects inside it in the order of their references. */
export interface LentEncoded {
  readonly bytes: Uint8Array;
  readonly shared: readonly object[];
}

/** A value as bytes that may be kept. */
export interface Encoded extends LentEncoded {
  readonly bytes: KeptBytes;
}

/** Writes bytes behind a value. */
export type Tail = (out: Writer) => void;

// The writer for the next value. It is undefined while it is in use, because a getter or toWire() may encode a value in the meantime.
let spare: Writer | undefined;

/**
 * Encodes a value as it is now. Throws `SerializationError` with the path, from `root` on, to a part that can't travel, and `RangeError`
 * for a value above the size limit.
 */
export function encode(value: unknown, root = "value"): Encoded {
  const { bytes, shared } = encodeLent(value, root);
  return { bytes: keepPart(bytes), shared };
}

/**
 * Encodes a report about an error. Each part that can't travel is replaced by a text that describes it, so that the rest arrives.
 *
 * @param objectsTravel whether shared objects travel, too; otherwise they are described
 */
export function encodeReport(value: unknown, objectsTravel: boolean, tail?: Tail): Encoded {
  const { bytes, shared } = encodeWith(value, "", objectsTravel ? "describe" : "describe objects", tail);
  return { bytes: keepPart(bytes), shared };
}

/**
 * Like {@link encode}, but without a copy: the bytes are valid until the next value is encoded.
 *
 * @param tail writes bytes behind the value, which the receiver cuts off before it decodes the value
 * @param lendBelow the caller may keep the bytes if they are as many as this, or more
 */
export function encodeLent(value: unknown, root: string, tail?: Tail, lendBelow: number = COPY_BELOW): LentEncoded {
  return encodeWith(value, root, "refuse", tail, lendBelow);
}

/**
 * Like {@link encode}, but writes the value behind what a writer has, and returns the shared objects inside. If the value can't travel, nothing
 * is written.
 */
export function encodeBehind(out: Writer, value: unknown, root: () => string): readonly object[] {
  const start = out.length;
  const encoder = new Encoder(out, "refuse");
  try {
    out.begin();
    out.byte(FORMAT);
    encoder.value(value, 0);
    return encoder.shared;
  } catch (error) {
    out.rewind(start);
    throw asRefusal(error).toError(root());
  }
}

// A copy of large bytes would take longer than a new buffer for the next value. So they are not lent without need.
function encodeWith(value: unknown, root: string, manner: Manner, tail?: Tail, lendBelow: number = COPY_BELOW): LentEncoded {
  const writer = spare ?? new Writer();
  spare = undefined;
  const encoder = new Encoder(writer, manner);
  try {
    writer.byte(FORMAT);
    encoder.value(value, 0);
    tail?.(writer);
    return { bytes: writer.finish(lendBelow), shared: encoder.shared };
  } catch (error) {
    throw asRefusal(error).toError(root);
  } finally {
    writer.reset();
    spare = writer;
  }
}
