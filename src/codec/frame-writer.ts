import { COPY_BELOW } from "../util/bytes.ts";
import { encodeLent } from "./encode.ts";
import { Flag, type Frame, type FrameMeta, HEADER_SIZE, Offset, setUint32 } from "./frame.ts";
import { MAX_META } from "./tags.ts";

// Small frames are written one after the other into a shared buffer, the slab. A buffer for each frame would cost more than its content.
const FIRST_SLAB = 256;
const LARGEST_SLAB = 1 << 16;
// Up to this size, a loop copies faster than a call of `set`.
const COPY_BY_LOOP = 32;

/** Turns frames into bytes and keeps them until they are taken, in as few pieces as possible. */
export class FrameWriter {
  #pieces: Uint8Array[] = [];
  #size = 0;
  #slab = new Uint8Array(0);
  // The part of the slab that was written and is not among the pieces yet.
  #start = 0;
  #end = 0;

  /** The number of bytes that `take` would return. */
  get size(): number {
    return this.#size;
  }

  /**
   * Writes a frame. A message of {@link COPY_BELOW} bytes or more is not copied: the caller must not change it until it is sent. Throws
   * `RangeError` for a meta above {@link MAX_META}.
   */
  write(frame: Frame): void {
    const { op, id, object, message } = frame;
    const body = message?.bytes;
    const meta = encodedMeta(frame);
    const metaEnd = HEADER_SIZE + (meta === undefined ? 0 : meta.length);
    const isCopied = body !== undefined && body.length < COPY_BELOW;
    const size = metaEnd + (isCopied ? body.length : 0);
    const at = this.#reserve(size);
    const slab = this.#slab;
    slab[at] = op;
    slab[at + Offset.flags] =
      (body === undefined ? 0 : Flag.hasMessage) | (meta === undefined ? 0 : Flag.hasMeta) | (frame.once === true ? Flag.once : 0);
    setUint32(slab, at + Offset.id, id);
    setUint32(slab, at + Offset.object, object);
    setUint32(slab, at + Offset.metaSize, metaEnd - HEADER_SIZE);
    setUint32(slab, at + Offset.messageSize, body === undefined ? 0 : body.length);
    this.#size += size;
    if (meta !== undefined) this.#copy(meta, at + HEADER_SIZE);
    if (isCopied) this.#copy(body, at + metaEnd);
    else if (body !== undefined) {
      this.#finishPiece();
      this.#pieces.push(body);
      this.#size += body.length;
    }
  }

  /** Returns the bytes that were written since the last call. */
  take(): Uint8Array[] {
    this.#finishPiece();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#size = 0;
    return pieces;
  }

  #copy(bytes: Uint8Array, at: number): void {
    if (bytes.length > COPY_BY_LOOP) this.#slab.set(bytes, at);
    else for (let i = 0; i < bytes.length; i++) this.#slab[at + i] = bytes[i] as number;
  }

  // Makes room in the slab. Returns the index at which the room begins.
  #reserve(size: number): number {
    if (this.#end + size > this.#slab.length) {
      this.#finishPiece();
      const wanted = Math.min(LARGEST_SLAB, Math.max(FIRST_SLAB, 2 * this.#slab.length));
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

// Encodes a frame's meta. The bytes are valid until the next value is encoded.
function encodedMeta({ meta, message }: Frame): Uint8Array | undefined {
  const refs = message === undefined || message.refs.length === 0 ? undefined : message.refs;
  if (meta === undefined && refs === undefined) return undefined;
  const { bytes } = encodeLent({ meta, refs } satisfies FrameMeta, "meta");
  // The reader would take a larger one for a broken protocol, and cut the connection.
  if (bytes.length <= MAX_META) return bytes;
  throw new RangeError(
    `What is sent besides values (names, targets, modules to preload, references) has at most ${MAX_META} bytes, and this has ${bytes.length}.`,
  );
}

/** One frame's bytes, in pieces. */
export function encodeFrame(frame: Frame): Uint8Array[] {
  const writer = new FrameWriter();
  writer.write(frame);
  return writer.take();
}
