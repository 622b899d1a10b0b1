import type { Message, Ref } from "../backend/contract/backend.ts";
import { SerializationError } from "../errors/errors.ts";
import { decode } from "./decode.ts";
import { lend } from "./encode.ts";
import { isRef } from "./refs.ts";
import { FORMAT } from "./tags.ts";

/** The first byte of a value with references inside; one without is its own bytes. */
const WITH_REFS: number = FORMAT + 1;
const HEAD = 5;

/** A message as one run of bytes: WITH_REFS, length of the references (u32), the references, the value. */
export function seal({ bytes, refs }: Message): Uint8Array {
  if (refs.length === 0) return bytes;
  const list = lend(refs, "refs").bytes;
  const sealed = new Uint8Array(HEAD + list.length + bytes.length);
  sealed[0] = WITH_REFS;
  new DataView(sealed.buffer).setUint32(1, list.length);
  sealed.set(list, HEAD);
  sealed.set(bytes, HEAD + list.length);
  return sealed;
}

/** Throws `SerializationError` for what begins as an envelope and is none. */
export function unseal(sealed: Uint8Array): Message {
  if (sealed[0] !== WITH_REFS) return { bytes: sealed, refs: [] };
  const length = sealed.length < HEAD ? -1 : new DataView(sealed.buffer, sealed.byteOffset).getUint32(1);
  if (length < 0 || length > sealed.length - HEAD) throw new SerializationError("A message's references are cut off: it is no value.");
  const refs = decode(sealed.subarray(HEAD, HEAD + length));
  if (!Array.isArray(refs) || !refs.every(isRef)) throw new SerializationError("A message's references are malformed: it is no value.");
  return { bytes: sealed.subarray(HEAD + length), refs: refs as Ref[] };
}
