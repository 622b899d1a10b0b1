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

// Small frames are written one behind the other: an array of its own for each costs more than what is in it.
const SLAB = 1 << 16;
let slab = new DataView(new ArrayBuffer(0));
let used = 0;

/** So many bytes that nobody else writes to. */
function room(size: number): { readonly view: DataView; readonly at: number } {
  if (used + size > slab.byteLength) {
    slab = new DataView(new ArrayBuffer(Math.max(SLAB, size)));
    used = 0;
  }
  const at = used;
  used += size;
  return { view: slab, at };
}

/** The frame's bytes, in pieces, so that a large payload is not copied. Those of small frames lie behind one another: {@link join}. */
export function encodeFrame(frame: Frame): Uint8Array[] {
  const refs = frame.message?.refs ?? [];
  const extra: Meta = { meta: frame.meta, refs };
  const meta = frame.meta === undefined && refs.length === 0 ? undefined : encode(extra).bytes;
  const payload = frame.message?.bytes;
  const small = payload !== undefined && payload.length < COPY_BELOW;
  const size = HEADER + (meta?.length ?? 0) + (small ? payload.length : 0);
  const { view, at } = room(size);
  view.setUint8(at, frame.op);
  view.setUint8(at + 1, (payload === undefined ? 0 : HAS_MESSAGE) | (meta === undefined ? 0 : HAS_META) | (frame.once === true ? ONCE : 0));
  view.setUint32(at + 4, frame.id);
  view.setUint32(at + 8, frame.object);
  view.setUint32(at + 12, meta?.length ?? 0);
  view.setFloat64(at + 16, payload?.length ?? 0);
  const head = new Uint8Array(view.buffer, at, size);
  if (meta !== undefined) head.set(meta, HEADER);
  if (payload === undefined) return [head];
  if (!small) return [head, payload];
  head.set(payload, HEADER + (meta?.length ?? 0));
  return [head];
}

/** Pieces as one, without copying them if they lie behind one another. */
export function join(pieces: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array(0)] = pieces;
  let end = first.byteOffset;
  let size = 0;
  let adjoin = true;
  for (const piece of pieces) {
    adjoin &&= piece.buffer === first.buffer && piece.byteOffset === end;
    size += piece.length;
    end += piece.length;
  }
  if (adjoin) return new Uint8Array(first.buffer, first.byteOffset, size);
  const joined = new Uint8Array(size);
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.length;
  }
  return joined;
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
    let at = 0;
    while (this.#buffered > 0 && at < chunk.length) {
      at += this.#gather(chunk.subarray(at, at + this.missing));
      if (this.missing > 0) return;
      if (this.#header === undefined) this.#begin(headerOf(this.#gathered()));
      if (this.missing === 0) take(this.#end());
    }
    at = takeWhole(chunk, at, take);
    if (at === chunk.length) return;
    // The rest is part of a frame.
    const rest = chunk.subarray(at);
    this.#chunks = [rest];
    this.#buffered = rest.length;
    if (rest.length >= HEADER) this.#begin(headerOf(rest));
  }

  #begin(header: DataView): void {
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
    return parse(headerOf(bytes), 0, bytes);
  }
}

function headerOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** A frame's size, from its header. */
function sizeOf(header: DataView, at: number): number {
  const meta = header.getUint32(at + 12);
  const payload = header.getFloat64(at + 16);
  if (meta > MAX_META || !Number.isInteger(payload) || payload < 0 || payload > MAX_MESSAGE || header.getUint8(at + 1) > ALL_FLAGS) {
    throw new CorruptedError("A frame's header breaks the protocol: the other side is no polyproc process of this version.");
  }
  return HEADER + meta + payload;
}

/** Hands out the frames that lie whole in a chunk, and says where the rest begins. */
function takeWhole(chunk: Uint8Array, from: number, take: (frame: Frame) => void): number {
  const view = headerOf(chunk);
  let at = from;
  while (chunk.length - at >= HEADER) {
    const size = sizeOf(view, at);
    if (chunk.length - at < size) break;
    const frame = parse(view, at, chunk.subarray(at, at + size));
    at += size;
    take(frame);
  }
  return at;
}

function parse(view: DataView, at: number, bytes: Uint8Array): Frame {
  const flags = view.getUint8(at + 1);
  const metaEnd = HEADER + view.getUint32(at + 12);
  const extra = (flags & HAS_META) === 0 ? undefined : decodeMeta(bytes.subarray(HEADER, metaEnd));
  const payload = bytes.length - metaEnd < COPY_BELOW ? bytes.slice(metaEnd) : bytes.subarray(metaEnd);
  return {
    op: view.getUint8(at),
    id: view.getUint32(at + 4),
    object: view.getUint32(at + 8),
    once: (flags & ONCE) !== 0,
    meta: extra?.meta,
    message: (flags & HAS_MESSAGE) === 0 ? undefined : { bytes: payload, refs: extra?.refs ?? [] },
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
