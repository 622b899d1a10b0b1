import { copyOf, MOST_REUSED, uninitialized } from "./bytes.ts";
import { startTimer, stopTimer, type Timer } from "./clock.ts";

// The memory is given back when nothing was copied for this number of milliseconds.
const IDLE = 1000;

/** Copies large bytes into a buffer that is used again, because new memory takes longer than the copy. */
export class ReusedCopies {
  #spare: Uint8Array<ArrayBuffer> | undefined;
  #timer: Timer | undefined;

  copyOf(bytes: Uint8Array): Uint8Array {
    if (bytes.length > MOST_REUSED) return copyOf(bytes);
    const spare = this.#spare;
    this.#spare = undefined;
    // A much larger buffer would be kept for small messages.
    const fits = spare !== undefined && spare.length >= bytes.length && spare.length <= 4 * bytes.length;
    const copy = (fits ? spare : uninitialized(bytes.length)).subarray(0, bytes.length);
    copy.set(bytes);
    return copy;
  }

  /** Takes back a copy that nobody reads any more. */
  takeBack(copy: Uint8Array): void {
    if (copy.buffer.byteLength > MOST_REUSED) return;
    this.#spare = new Uint8Array(copy.buffer as ArrayBuffer);
    stopTimer(this.#timer);
    this.#timer = startTimer(() => {
      this.#spare = undefined;
    }, IDLE);
  }
}
