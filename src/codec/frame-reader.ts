import { join, uninitialized } from "../util/bytes.ts";
import { type Frame, getUint32, HEADER_SIZE, Offset } from "./frame.ts";
import { parseFrame, sizeOfFrame } from "./frame-parser.ts";

// A frame of this size or more gets a buffer of its own, into which its chunks are copied as they come.
const LARGE = 1 << 20;
// The largest buffer that a frame gets before its bytes come. A header can announce any size, so it is not believed.
const FIRST_BUFFER = 1 << 24;

/** A frame that was cut off because its sender ended. The numbers of bytes are those of its message. */
export interface TornFrame {
  readonly op: number;
  readonly object: number;
  readonly arrived: number;
  readonly expected: number;
}

/** Turns chunks of bytes, as they come, into frames. Throws `CorruptedError` for bytes that break the format. */
export class FrameReader {
  // The chunks that have come of the present frame, and the number of their bytes.
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  // The size of the present frame. Until its header is complete, it is the size of the header.
  #needed = HEADER_SIZE;
  #header: Uint8Array | undefined;
  // The buffer of a large frame, which replaces the chunks.
  #large: Uint8Array | undefined;

  /** The number of bytes that are missing from the present header or frame. */
  get missing(): number {
    return this.#needed - this.#buffered;
  }

  /** The part that has come of a frame which will not be completed. */
  get torn(): TornFrame | undefined {
    if (this.#header === undefined) return undefined;
    const before = HEADER_SIZE + getUint32(this.#header, Offset.metaSize);
    return {
      op: this.#header[0] as number,
      object: getUint32(this.#header, Offset.object),
      arrived: Math.max(0, this.#buffered - before),
      expected: getUint32(this.#header, Offset.messageSize),
    };
  }

  /** Takes a chunk, and calls `take` for each frame that is complete with it. */
  push(chunk: Uint8Array, take: (frame: Frame) => void): void {
    let at = 0;
    while (this.#buffered > 0 && at < chunk.length) {
      at += this.#gather(chunk.subarray(at, at + this.missing));
      if (this.missing > 0) return;
      if (this.#header === undefined) this.#begin(this.#gathered());
      if (this.missing === 0) take(this.#complete());
    }
    at = takeWhole(chunk, at, take);
    if (at === chunk.length) return;
    const rest = chunk.subarray(at);
    this.#chunks = [rest];
    this.#buffered = rest.length;
    if (rest.length >= HEADER_SIZE) this.#begin(rest);
  }

  // Called when the header is complete. `bytes` begin with it.
  #begin(bytes: Uint8Array): void {
    this.#header = bytes;
    this.#needed = sizeOfFrame(bytes, 0);
    if (this.#needed < LARGE) return;
    this.#large = uninitialized(Math.min(this.#needed, Math.max(FIRST_BUFFER, this.#buffered)));
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
    const grown = uninitialized(Math.min(this.#needed, Math.max(size, 4 * large.length)));
    grown.set(large.subarray(0, this.#buffered));
    return grown;
  }

  #gathered(): Uint8Array {
    const whole = this.#large ?? join(this.#chunks);
    if (this.#large === undefined) this.#chunks = [whole];
    return whole;
  }

  #complete(): Frame {
    const bytes = this.#gathered();
    this.#chunks = [];
    this.#buffered = 0;
    this.#needed = HEADER_SIZE;
    this.#header = undefined;
    this.#large = undefined;
    return parseFrame(bytes, 0, bytes.length);
  }
}

// Passes on the frames that are complete in a chunk. Returns the index at which the rest begins.
function takeWhole(chunk: Uint8Array, from: number, take: (frame: Frame) => void): number {
  let at = from;
  while (chunk.length - at >= HEADER_SIZE) {
    const size = sizeOfFrame(chunk, at);
    if (chunk.length - at < size) break;
    const frame = parseFrame(chunk, at, at + size);
    at += size;
    take(frame);
  }
  return at;
}
