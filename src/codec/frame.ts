import type { Message, Ref } from "../backend/contract/backend.ts";
import { CorruptedError, SerializationError } from "../errors/errors.ts";
import { join, KEEP_BELOW } from "../util/bytes.ts";
import { decode } from "./decode.ts";
import { lend } from "./encode.ts";
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
  /** Of a frame that was read, bytes of what came: whoever keeps small ones takes a copy. */
  readonly message?: Message | undefined;
}

// op u8, flags u8, two spare bytes, then u32s, the highest byte first: id, object, length of meta, length of payload
const HEADER = 20;
const ID = 4;
const OBJECT = 8;
const META = 12;
const PAYLOAD = 16;
const HAS_MESSAGE = 1;
const HAS_META = 2;
const ONCE = 4;
const ALL_FLAGS = 7;
const NO_REFS: readonly Ref[] = [];
const MAX_META = 1 << 20;
const BY_HAND = 32;
const LARGE = 1 << 20;
// Of a frame that announces more, no more than this is believed before it comes.
const AT_ONCE = 1 << 24;

interface Meta {
  readonly meta?: unknown;
  readonly refs?: readonly Ref[] | undefined;
}

// Small frames lie one behind the other: an array of its own for each costs more than what is in it.
const FIRST_SLAB = 256;
const LAST_SLAB = 1 << 16;

/** Turns frames into bytes, in as few pieces as can be, until they are taken. */
export class FrameWriter {
  #pieces: Uint8Array[] = [];
  #size = 0;
  #slab = new Uint8Array(0);
  // Of the slab: what was taken, or is a piece, and what is written.
  #start = 0;
  #end = 0;

  /** How many bytes there are to take. */
  get size(): number {
    return this.#size;
  }

  /** Payloads of {@link KEEP_BELOW} bytes and more are not copied: they are to stay as they are until they are sent. */
  write(frame: Frame): void {
    const { op, id, object, message } = frame;
    const payload = message?.bytes;
    const meta = metaOf(frame);
    const metaEnd = HEADER + (meta === undefined ? 0 : meta.length);
    const copied = payload !== undefined && payload.length < KEEP_BELOW;
    const size = metaEnd + (copied ? payload.length : 0);
    const at = this.#room(size);
    const slab = this.#slab;
    slab[at] = op;
    slab[at + 1] = (payload === undefined ? 0 : HAS_MESSAGE) | (meta === undefined ? 0 : HAS_META) | (frame.once === true ? ONCE : 0);
    setUint32(slab, at + ID, id);
    setUint32(slab, at + OBJECT, object);
    setUint32(slab, at + META, metaEnd - HEADER);
    setUint32(slab, at + PAYLOAD, payload === undefined ? 0 : payload.length);
    this.#size += size;
    if (meta !== undefined) this.#put(meta, at + HEADER);
    if (copied) this.#put(payload, at + metaEnd);
    else if (payload !== undefined) {
      this.#finishPiece();
      this.#pieces.push(payload);
      this.#size += payload.length;
    }
  }

  /** What was written since the last time. */
  take(): Uint8Array[] {
    this.#finishPiece();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#size = 0;
    return pieces;
  }

  #put(bytes: Uint8Array, at: number): void {
    // A call that copies costs more than a few bytes do.
    if (bytes.length > BY_HAND) this.#slab.set(bytes, at);
    else for (let i = 0; i < bytes.length; i++) this.#slab[at + i] = bytes[i] as number;
  }

  #room(size: number): number {
    if (this.#end + size > this.#slab.length) {
      this.#finishPiece();
      const wanted = Math.min(LAST_SLAB, Math.max(FIRST_SLAB, 2 * this.#slab.length));
      this.#slab = new Uint8Array(Math.max(size, wanted));
      this.#start = 0;
      this.#end = 0;
    }
    const at = this.#end;
    this.#end += size;
    return at;
  }

  #finishPiece(): void {
    if (this.#end > this.#start) this.#pieces.push(this.#slab.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}

function metaOf({ meta, message }: Frame): Uint8Array | undefined {
  const refs = message === undefined || message.refs.length === 0 ? undefined : message.refs;
  return meta === undefined && refs === undefined ? undefined : lend({ meta, refs } satisfies Meta, "meta").bytes;
}

/** One frame's bytes, in pieces. */
export function encodeFrame(frame: Frame): Uint8Array[] {
  const writer = new FrameWriter();
  writer.write(frame);
  return writer.take();
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
  // What has come of the frame being read, and how much that is.
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  // Bytes of the frame being read; the header's own until that is known.
  #needed = HEADER;
  #header: Uint8Array | undefined;
  // A large frame is gathered in place.
  #large: Uint8Array | undefined;

  /** How many bytes until the header or frame being read is whole. */
  get missing(): number {
    return this.#needed - this.#buffered;
  }

  /** What is there of a frame that will not be completed. */
  get torn(): Torn | undefined {
    if (this.#header === undefined) return undefined;
    const before = HEADER + getUint32(this.#header, META);
    return {
      op: this.#header[0] as number,
      object: getUint32(this.#header, OBJECT),
      arrived: Math.max(0, this.#buffered - before),
      expected: getUint32(this.#header, PAYLOAD),
    };
  }

  /** Takes a chunk and hands out each frame that is whole with it. */
  push(chunk: Uint8Array, take: (frame: Frame) => void): void {
    let at = 0;
    while (this.#buffered > 0 && at < chunk.length) {
      at += this.#gather(chunk.subarray(at, at + this.missing));
      if (this.missing > 0) return;
      if (this.#header === undefined) this.#begin(this.#gathered());
      if (this.missing === 0) take(this.#end());
    }
    at = takeWhole(chunk, at, take);
    if (at === chunk.length) return;
    // The rest is part of a frame.
    const rest = chunk.subarray(at);
    this.#chunks = [rest];
    this.#buffered = rest.length;
    if (rest.length >= HEADER) this.#begin(rest);
  }

  #begin(header: Uint8Array): void {
    this.#header = header;
    this.#needed = sizeOf(header, 0);
    if (this.#needed < LARGE) return;
    this.#large = new Uint8Array(Math.min(this.#needed, Math.max(AT_ONCE, this.#buffered)));
    let offset = 0;
    for (const chunk of this.#chunks) {
      this.#large.set(chunk, offset);
      offset += chunk.length;
    }
    this.#chunks = [];
  }

  #gather(part: Uint8Array): number {
    const size = this.#buffered + part.length;
    if (this.#large === undefined) this.#chunks.push(part);
    else {
      if (size > this.#large.length) this.#large = this.#grown(this.#large, size);
      this.#large.set(part, this.#buffered);
    }
    this.#buffered = size;
    return part.length;
  }

  #grown(large: Uint8Array, size: number): Uint8Array {
    const grown = new Uint8Array(Math.min(this.#needed, Math.max(size, 4 * large.length)));
    grown.set(large.subarray(0, this.#buffered));
    return grown;
  }

  #gathered(): Uint8Array {
    const whole = this.#large ?? join(this.#chunks);
    if (this.#large === undefined) this.#chunks = [whole];
    return whole;
  }

  #end(): Frame {
    const bytes = this.#gathered();
    this.#chunks = [];
    this.#buffered = 0;
    this.#needed = HEADER;
    this.#header = undefined;
    this.#large = undefined;
    return parse(bytes, 0, bytes.length);
  }
}

// What DataView does costs a call on some engines.
function getUint32(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  const low = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  return ((high << 16) | low) >>> 0;
}

function setUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** A frame's size, from its header. */
function sizeOf(bytes: Uint8Array, at: number): number {
  const meta = getUint32(bytes, at + META);
  const payload = getUint32(bytes, at + PAYLOAD);
  if (meta > MAX_META || payload > MAX_MESSAGE || (bytes[at + 1] as number) > ALL_FLAGS) {
    throw new CorruptedError("A frame's header breaks the protocol: the other side is no polyproc process of this version.");
  }
  return HEADER + meta + payload;
}

/** Hands out the frames that lie whole in a chunk, and says where the rest begins. */
function takeWhole(chunk: Uint8Array, from: number, take: (frame: Frame) => void): number {
  let at = from;
  while (chunk.length - at >= HEADER) {
    const size = sizeOf(chunk, at);
    if (chunk.length - at < size) break;
    const frame = parse(chunk, at, at + size);
    at += size;
    take(frame);
  }
  return at;
}

function parse(bytes: Uint8Array, at: number, end: number): Frame {
  const flags = bytes[at + 1] as number;
  const metaStart = at + HEADER;
  const metaEnd = metaStart + getUint32(bytes, at + META);
  const extra = (flags & HAS_META) === 0 ? undefined : decodeMeta(bytes.subarray(metaStart, metaEnd));
  const message = (flags & HAS_MESSAGE) === 0 ? undefined : { bytes: bytes.subarray(metaEnd, end), refs: extra?.refs ?? NO_REFS };
  return {
    op: bytes[at] as number,
    id: getUint32(bytes, at + ID),
    object: getUint32(bytes, at + OBJECT),
    once: (flags & ONCE) !== 0,
    meta: extra?.meta,
    message,
  };
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
