import type { KeptBytes } from "../../../util/bytes.ts";
import { type Incoming, NO_REFS } from "../../contract/message.ts";

// A native message without shared objects belongs to its receiver as soon as it is taken, so there is nothing to settle.
const nothing = (): void => {};

/** Makes an incoming message whose bytes are valid only until the next message is taken. `settle` is called when it has arrived. */
export function takenLent(bytes: Uint8Array, settle: () => void = nothing): Incoming {
  return { message: { bytes, refs: NO_REFS }, lent: true, settle };
}

/** Makes an incoming message whose bytes may be kept. */
export function takenKept(bytes: KeptBytes, settle: () => void = nothing): Incoming {
  return { message: { bytes, refs: NO_REFS }, lent: false, settle };
}
