import { MAX_MESSAGE } from "../../../codec/tags.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import { cutOff, endOfPipe } from "../../../errors/messages.ts";
import { EAGAIN, EBADMSG, ECONNABORTED, EMSGSIZE, ENODATA } from "../library/errno.ts";
import type { Shim } from "../library/functions.ts";
import { check } from "../library/result.ts";

const FIRST_BUFFER = 1 << 16;
// struct pp_incoming as 32-bit words: a header of 12 bytes, the number of its bytes that came, the message's length, and the number of the
// message's bytes that came.
const WORDS = 6;
const GOT_HEADER = 3;
const LENGTH = 4;
const GOT = 5;
const HEADER_SIZE = 12;
const UNKNOWN_LENGTH = -1;

/** The message that a connection receives next. Reading stops at its end, so the connection can be sent to another process at any time. */
export class IncomingMessage {
  readonly #shim: Shim;
  readonly #fd: number;
  readonly #state = new Int32Array(WORDS);
  readonly #buffer = new Uint8Array(FIRST_BUFFER);
  // The buffer of a message that does not fit into the common buffer.
  #large: Uint8Array | undefined;

  constructor(shim: Shim, fd: number) {
    this.#shim = shim;
    this.#fd = fd;
    this.#state[LENGTH] = UNKNOWN_LENGTH;
  }

  /** Reads the message. `undefined` while it is not complete. Its bytes may be lent until the next call, see {@link isLent}. */
  read(ms: number): Uint8Array | undefined {
    for (;;) {
      const buffer = this.#large ?? this.#buffer;
      const length = this.#shim.pp_recv(this.#fd, this.#state, buffer, buffer.length, ms);
      if (length === EAGAIN) return undefined;
      if (length === EMSGSIZE) {
        this.#large = new Uint8Array(this.#state[LENGTH] ?? 0);
        continue;
      }
      this.#large = undefined;
      if (length >= 0) return buffer.subarray(0, length);
      throw this.#failure(length);
    }
  }

  /** Whether the bytes, which {@link read} returned, are in the common buffer. */
  isLent(bytes: Uint8Array): boolean {
    return bytes.buffer === this.#buffer.buffer;
  }

  /** Returns the part of the message that was read so far. It travels with the connection. */
  readAhead(): Uint8Array | undefined {
    if ((this.#state[GOT_HEADER] ?? 0) === 0) return undefined;
    const got = this.#state[GOT] ?? 0;
    const ahead = new Uint8Array(4 * WORDS + got);
    ahead.set(new Uint8Array(this.#state.buffer, 0, 4 * WORDS));
    ahead.set((this.#large ?? this.#buffer).subarray(0, got), 4 * WORDS);
    return ahead;
  }

  /** Takes over the part that the sender of the connection had read. Throws `CorruptedError` for bytes that are not valid. */
  restore(ahead: Uint8Array): void {
    const state = new Int32Array(ahead.slice(0, 4 * Math.min(WORDS, ahead.length >> 2)).buffer);
    const part = ahead.subarray(4 * WORDS);
    const { [GOT_HEADER]: header = -1, [LENGTH]: length = -2, [GOT]: got = -1 } = state;
    const isSound =
      header >= 0 &&
      header <= HEADER_SIZE &&
      length >= UNKNOWN_LENGTH &&
      length <= MAX_MESSAGE &&
      got === part.length &&
      got <= Math.max(0, length);
    // The part of a message that came with a connection contradicts itself.
    if (!isSound) throw new CorruptedError("A connection came with a malformed part of a message: its sender is not a polyproc process.");
    this.#state.set(state);
    if (length > this.#buffer.length) this.#large = new Uint8Array(length);
    (this.#large ?? this.#buffer).set(part);
  }

  /** Drops the part that was read, once the connection was sent to another process. */
  forget(): void {
    this.#state.fill(0);
    this.#state[LENGTH] = UNKNOWN_LENGTH;
    this.#large = undefined;
  }

  #failure(status: number): Error {
    if (status === ENODATA) return endOfPipe();
    if (status === ECONNABORTED) {
      const [arrived = 0, expected = 0] = [this.#state[GOT], Math.max(0, this.#state[LENGTH] ?? 0)];
      this.#state[LENGTH] = UNKNOWN_LENGTH;
      this.#state[GOT_HEADER] = 0;
      this.#state[GOT] = 0;
      return cutOff(arrived, expected);
    }
    if (status === EBADMSG)
      // The bytes on the connection's socket do not begin with a message's header.
      return new CorruptedError(
        "The bytes that came are not a message: another program wrote on this connection's descriptor. Close the connection.",
      );
    check(status, "The connection can't be read");
    return endOfPipe();
  }
}
