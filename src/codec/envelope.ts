import { type Message, NO_REFS } from "../backend/contract/message.ts";
import { isRef, type Ref } from "../backend/contract/ref.ts";
import { SerializationError } from "../errors/errors.ts";
import { decode } from "./decode.ts";
import { encodeLent } from "./encode.ts";
import { TooLarge } from "./refusal.ts";
import { FORMAT, MAX_MESSAGE } from "./tags.ts";

// The first byte of a message with references. A message without any is the bytes of its value, which begin with FORMAT.
const WITH_REFS: number = FORMAT + 1;
const HEADER = 5;

/**
 * Returns a message as one array of bytes: the byte WITH_REFS, the length of the encoded references (u32), the references, and the value. A
 * message without references is returned as it is.
 */
export function seal({ bytes, refs }: Message): Uint8Array {
  if (refs.length === 0) return bytes;
  const encodedRefs = encodeLent(refs, "refs").bytes;
  const size = HEADER + encodedRefs.length + bytes.length;
  if (size > MAX_MESSAGE) throw new TooLarge().toError();
  const sealed = new Uint8Array(size);
  sealed[0] = WITH_REFS;
  new DataView(sealed.buffer).setUint32(1, encodedRefs.length);
  sealed.set(encodedRefs, HEADER);
  sealed.set(bytes, HEADER + encodedRefs.length);
  return sealed;
}

/** Whether a sealed message has references. */
export function hasRefs(sealed: Uint8Array): boolean {
  return sealed[0] === WITH_REFS;
}

/** Opens a sealed message. Throws `SerializationError` for bytes that begin like an envelope but are not valid. */
export function unseal(sealed: Uint8Array): Message {
  if (!hasRefs(sealed)) return { bytes: sealed, refs: NO_REFS };
  const length = sealed.length < HEADER ? -1 : new DataView(sealed.buffer, sealed.byteOffset).getUint32(1);
  if (length < 0 || length > sealed.length - HEADER) throw new SerializationError("A message's references are cut off: it is no value.");
  const refs = decode(sealed.subarray(HEADER, HEADER + length));
  if (!Array.isArray(refs) || !refs.every(isRef)) throw new SerializationError("A message's references are malformed: it is no value.");
  return { bytes: sealed.subarray(HEADER + length), refs: refs as Ref[] };
}
