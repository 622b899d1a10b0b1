import type { KeptBytes } from "../../../util/bytes.ts";
import { type Incoming, NO_REFS } from "../../contract/message.ts";

// A native message belongs to its receiver as soon as it is taken, so there is nothing to settle.
const settle = (): void => {};

/** Makes an incoming message whose bytes are valid only until the next message is taken. */
export function takenLent(bytes: Uint8Array): Incoming {
  return { message: { bytes, refs: NO_REFS }, lent: true, settle };
}

/** Makes an incoming message whose bytes may be kept. */
export function takenKept(bytes: KeptBytes): Incoming {
  return { message: { bytes, refs: NO_REFS }, lent: false, settle };
}
