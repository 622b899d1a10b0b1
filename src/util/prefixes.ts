// A part up to this length is made once.
const SMALL = 256;

/**
 * The parts of an array that begin at its start. Code that lends the start of one array again and again gets the same part for the same
 * small length, because a new typed array takes longer than a call of the native library.
 */
export class Prefixes<B extends Uint8Array = Uint8Array> {
  readonly bytes: B;
  readonly #small: (Uint8Array | undefined)[] = [];

  constructor(bytes: B) {
    this.bytes = bytes;
  }

  of(length: number): Uint8Array {
    if (length >= SMALL) return this.bytes.subarray(0, length);
    let part = this.#small[length];
    if (part === undefined) {
      part = this.bytes.subarray(0, length);
      this.#small[length] = part;
    }
    return part;
  }

  /** Whether these bytes are such a part. */
  has(bytes: Uint8Array): boolean {
    return this.#small[bytes.length] === bytes || (bytes.length >= SMALL && bytes.buffer === this.bytes.buffer);
  }
}
