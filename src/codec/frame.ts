import type { Message } from "../backend/contract/message.ts";
import type { Ref } from "../backend/contract/ref.ts";

/** The unit that two processes of a tree send each other: an operation with its data. */
export interface Frame {
  /** One of `Op`. */
  readonly op: number;
  /** The number of the request that this frame is, or replies to. */
  readonly id: number;
  /** The sender's number of the object that this frame is about. */
  readonly object: number;
  /** Whether the hub must decline the request instead of letting it wait. */
  readonly once?: boolean;
  /** Whether the frame may be sent as late as at the end of the event loop's turn, so that others go with it. It is not part of the bytes. */
  readonly mayWait?: boolean;
  /** Plain data that belongs to the operation. In a `fail` frame, the error. */
  readonly meta?: unknown;
  /** In a frame that was read, the bytes are a part of the chunk that came. `keepPart` keeps them. */
  readonly message?: Message | undefined;
}

/** A frame's meta and the references of its message, as they are encoded together. */
export interface FrameMeta {
  readonly meta?: unknown;
  readonly refs?: readonly Ref[] | undefined;
}

// A frame consists of a header, the encoded meta and the message's bytes. The header has the op (u8), the flags (u8), two unused bytes, and
// four numbers (u32, the highest byte first): id, object, size of the encoded meta, size of the message.
export const HEADER_SIZE = 20;

/** The offsets of the numbers in the header. */
export const Offset = { flags: 1, id: 4, object: 8, metaSize: 12, messageSize: 16 } as const;

/** The bits of the header's flags. */
export const Flag = { hasMessage: 1, hasMeta: 2, once: 4 } as const;
export const ALL_FLAGS = 7;

// These two are written by hand because calls of DataView are slow on some engines.

export function getUint32(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  const low = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  return ((high << 16) | low) >>> 0;
}

export function setUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
