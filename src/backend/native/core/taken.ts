import type { KeptBytes } from "../../../util/bytes.ts";
import { type Incoming, NO_REFS } from "../../contract/message.ts";

// A native message belongs to its receiver at once.
const settle = (): void => {};

/** A message whose bytes are good until the next one is taken. */
export function takenLent(bytes: Uint8Array): Incoming {
  return { message: { bytes, refs: NO_REFS }, lent: true, settle };
}

/** A message whose bytes may be kept. */
export function takenKept(bytes: KeptBytes): Incoming {
  return { message: { bytes, refs: NO_REFS }, lent: false, settle };
}
