import type { Message, Ref } from "../backend/backend.ts";
import { CorruptedError, SerializationError } from "../errors.ts";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { isRef } from "./refs.ts";
import { MAX_MESSAGE } from "./tags.ts";

/** What one side of a hub's line says to the other. */
export const Op = {
  boot: 1,
  job: 2,
  attach: 3,
  detach: 4,
  cancel: 5,
  settle: 6,
  giveBack: 7,
  reply: 8,
  fail: 9,
  put: 10,
  get: 11,
  poll: 12,
  stats: 13,
  taskDone: 14,
  join: 15,
  shutdown: 16,
  report: 17,
  call: 18,
  leave: 19,
} as const;

export interface Frame {
  readonly op: number;
  /** The request this belongs to. */
  readonly id: number;
  /** The sender's number for the object meant. */
  readonly object: number;
  /** Look once instead of waiting. */
  readonly once?: boolean;
  /** Plain data that goes with the operation; an error with `fail`. */
  readonly meta?: unknown;
  readonly message?: Message | undefined;
}

// op u8, flags u8, two spare bytes, id u32, object u32, meta length u32, payload length f64 (all big-endian)
const HEADER = 24;
const HAS_MESSAGE = 1;
const HAS_META = 2;
const ONCE = 4;
const ALL_FLAGS = 7;
const MAX_META = 1 << 20;
// Below this, copying is cheaper than keeping the whole chunk a message came in alive.
const COPY_BELOW = 1 << 14;
const LARGE = 1 << 20;
// Of a frame that announces more, no more than this is believed before it comes.
const AT_ONCE = 1 << 24;

interface Meta {
  readonly meta?: unknown;
  readonly refs?: readonly Ref[];
}

/** The frame's bytes, in pieces, so that a large payload is not copied. */
export function encodeFrame(frame: Frame): Uint8Array[] {
  const refs = frame.message?.refs ?? [];
  const extra: Meta = { meta: frame.meta, refs };
  const meta = frame.meta === undefined && refs.length === 0 ? undefined : encode(extra).bytes;
  const payload = frame.message?.bytes;
  const small = payload !== undefined && payload.length < COPY_BELOW;
  const head = new Uint8Array(HEADER + (meta?.length ?? 0) + (small ? payload.length : 0));
  const view = new DataView(head.buffer);
  view.setUint8(0, frame.op);
  view.setUint8(1, (payload === undefined ? 0 : HAS_MESSAGE) | (meta === undefined ? 0 : HAS_META) | (frame.once === true ? ONCE : 0));
  view.setUint32(4, frame.id);
  view.setUint32(8, frame.object);
  view.setUint32(12, meta?.length ?? 0);
  view.setFloat64(16, payload?.length ?? 0);
  if (meta !== undefined) head.set(meta, HEADER);
  if (payload === undefined) return [head];
  if (!small) return [head, payload];
  head.set(payload, HEADER + (meta?.length ?? 0));
  return [head];
}

/** A frame that was cut off by its sender's end. */
export interface Torn {
  readonly op: number;
  readonly object: number;
  readonly arrived: number;
  readonly expected: number;
}

/** Turns chunks of bytes, as they come, into frames. What breaks the format throws `CorruptedError`. */
export class FrameReader {
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  // Bytes of the frame being read; the header's own until that is known.
  #needed = HEADER;
  #header: DataView | undefined;
  // A large frame is gathered in place.
  #large: Uint8Array | undefined;

  /** How many bytes until the header or frame being read is whole. */
  get missing(): number {
    return this.#needed - this.#buffered;
  }

  /** What is there of a frame that will not be completed. */
  get torn(): Torn | undefined {
    if (this.#header === undefined) return undefined;
    const before = HEADER + this.#header.getUint32(12);
    return {
      op: this.#header.getUint8(0),
      object: this.#header.getUint32(8),
      arrived: Math.max(0, this.#buffered - before),
      expected: this.#header.getFloat64(16),
    };
  }

  /** Takes a chunk and hands out each frame that is whole with it. */
  push(chunk: Uint8Array, take: (frame: Frame) => void): void {
    let rest = chunk;
    if (this.#large !== undefined) {
      const part = rest.subarray(0, this.missing);
      this.#large = this.#grown(this.#large, this.#buffered + part.length);
      this.#large.set(part, this.#buffered);
      rest = rest.subarray(part.length);
      this.#buffered += part.length;
      if (this.missing > 0) return;
    }
    const frame = this.#takeLarge();
    if (rest.length > 0) this.#chunks.push(rest);
    this.#buffered += rest.length;
    if (frame !== undefined) take(frame);
    while (this.#large === undefined && this.#buffered >= this.#needed) {
      if (this.#header === undefined) this.#readHeader();
      else take(this.#readFrame(this.#header));
    }
  }

  #readHeader(): void {
    const joined = this.#peek(HEADER);
    const header = new DataView(joined.buffer, joined.byteOffset, HEADER);
    const meta = header.getUint32(12);
    const payload = header.getFloat64(16);
    if (meta > MAX_META || !Number.isInteger(payload) || payload < 0 || payload > MAX_MESSAGE || header.getUint8(1) > ALL_FLAGS) {
      throw new CorruptedError("A frame's header breaks the protocol: the other side is no polyproc process of this version.");
    }
    this.#header = header;
    this.#needed = HEADER + meta + payload;
    if (this.#needed < LARGE || this.#buffered >= this.#needed) return;
    this.#large = new Uint8Array(Math.min(this.#needed, Math.max(AT_ONCE, this.#buffered)));
    this.#large.set(this.#peek(this.#buffered));
    this.#chunks = [];
  }

  #grown(large: Uint8Array, size: number): Uint8Array {
    if (size <= large.length) return large;
    const grown = new Uint8Array(Math.min(this.#needed, Math.max(size, 4 * large.length)));
    grown.set(large.subarray(0, this.#buffered));
    return grown;
  }

  #readFrame(header: DataView): Frame {
    const bytes = this.#peek(this.#needed);
    this.#drop(this.#needed);
    return this.#parse(header, bytes);
  }

  #takeLarge(): Frame | undefined {
    if (this.#large === undefined || this.#header === undefined) return undefined;
    const bytes = this.#large;
    this.#large = undefined;
    this.#buffered = 0;
    return this.#parse(this.#header, bytes);
  }

  #parse(header: DataView, bytes: Uint8Array): Frame {
    this.#header = undefined;
    this.#needed = HEADER;
    const flags = header.getUint8(1);
    const metaEnd = HEADER + header.getUint32(12);
    const extra = (flags & HAS_META) === 0 ? undefined : decodeMeta(bytes.subarray(HEADER, metaEnd));
    const payload = bytes.length - metaEnd < COPY_BELOW ? bytes.slice(metaEnd) : bytes.subarray(metaEnd);
    return {
      op: header.getUint8(0),
      id: header.getUint32(4),
      object: header.getUint32(8),
      once: (flags & ONCE) !== 0,
      meta: extra?.meta,
      message: (flags & HAS_MESSAGE) === 0 ? undefined : { bytes: payload, refs: extra?.refs ?? [] },
    };
  }

  // The first bytes in one piece.
  #peek(size: number): Uint8Array {
    const first = this.#chunks[0] ?? new Uint8Array(0);
    if (first.length >= size) return first.subarray(0, size);
    const joined = new Uint8Array(size);
    let offset = 0;
    for (const chunk of this.#chunks) {
      const part = chunk.subarray(0, size - offset);
      joined.set(part, offset);
      offset += part.length;
      if (offset === size) break;
    }
    return joined;
  }

  #drop(size: number): void {
    this.#buffered -= size;
    let left = size;
    let gone = 0;
    while (left > 0) {
      const chunk = this.#chunks[gone] ?? new Uint8Array(0);
      if (chunk.length > left) {
        this.#chunks[gone] = chunk.subarray(left);
        left = 0;
      } else {
        left -= chunk.length;
        gone++;
      }
    }
    if (gone > 0) this.#chunks.splice(0, gone);
  }
}

function decodeMeta(bytes: Uint8Array): Meta {
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
