// The protocol between a manager's server and programs outside of its process tree. A request is the number of the call (u32), the number of
// the object (u32), and the bytes of a call as managed objects get them. A reply is the number of the call, and the bytes of its outcome.
import type { ManagedPort } from "../backend/contract/managed.ts";
import { CorruptedError } from "../errors/errors.ts";
import type { ManagedObject } from "./managed-object.ts";

/** The number of the object that knows the others by name. Its methods are `find` and `drop`. */
export const DIRECTORY = 0;

/** A port to an object of a manager in another process tree. */
export interface ForeignPort extends ManagedPort {
  /** Makes the proxy of an object that a reply names. */
  proxy(named: unknown): ManagedObject;
}

/** Puts numbers before bytes. */
export function frameOf(numbers: readonly number[], bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(4 * numbers.length + bytes.length);
  const view = new DataView(frame.buffer);
  for (const [i, number] of numbers.entries()) view.setUint32(4 * i, number);
  frame.set(bytes, 4 * numbers.length);
  return frame;
}

/** Takes a frame apart. Throws `CorruptedError` if it is too short. */
export function partsOfFrame(frame: Uint8Array, count: number): { readonly numbers: readonly number[]; readonly bytes: Uint8Array } {
  if (frame.length < 4 * count) throw new CorruptedError("A manager's peer sent a frame that is too short.");
  const view = new DataView(frame.buffer, frame.byteOffset);
  return { numbers: Array.from({ length: count }, (_, i) => view.getUint32(4 * i)), bytes: frame.subarray(4 * count) };
}
