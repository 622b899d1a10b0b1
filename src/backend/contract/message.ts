import type { KeptBytes } from "../../util/bytes.ts";
import type { Ref } from "./ref.ts";

/** A value on its way: its bytes, and references to the shared objects inside it. The bytes are lent, see util/bytes.ts. */
export interface Message {
  readonly bytes: Uint8Array;
  readonly refs: readonly Ref[];
}

/** A message whose bytes may be kept. */
export interface KeptMessage extends Message {
  readonly bytes: KeptBytes;
}

/** The references of a message without shared objects. */
export const NO_REFS: readonly Ref[] = [];

interface Taken<M extends Message> {
  readonly message: M;
  /** Tells the owner that the message arrived. Until then, the owner counts it as lost if this process dies. */
  settle(): void;
}

/** A message that was taken. If its bytes are lent, they are valid only until the next message is taken. */
export type Incoming = (Taken<Message> & { readonly lent: true }) | (Taken<KeptMessage> & { readonly lent: false });
