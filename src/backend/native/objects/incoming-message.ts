import { MAX_MESSAGE } from "../../../codec/tags.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import { cutOff, endOfPipe } from "../../../errors/messages.ts";
import { EAGAIN, EBADMSG, ECONNABORTED, EMSGSIZE, ENODATA } from "../library/errno.ts";
import type { Shim } from "../library/functions.ts";
import { check } from "../library/result.ts";

const FIRST_BUFFER = 1 << 16;
// struct pp_incoming, as 32-bit words: a header of 12 bytes, how many of them came, the message's length, how much of it came.
const WORDS = 6;
const GOT_HEADER = 3;
const LENGTH = 4;
const GOT = 5;
const HEADER_SIZE = 12;
const UNKNOWN_LENGTH = -1;

/** The message that a connection receives next. It is read no further than its own end, so the connection can be passed on at any time. */
export class IncomingMessage {
  readonly #shim: Shim;
  readonly #fd: number;
  readonly #state = new Int32Array(WORDS);
  readonly #buffer = new Uint8Array(FIRST_BUFFER);
  // The buffer of a message that is larger than the common one.
  #large: Uint8Array | undefined;

  constructor(shim: Shim, fd: number) {
    this.#shim = shim;
    this.#fd = fd;
    this.#state[LENGTH] = UNKNOWN_LENGTH;
  }

  /** Reads the message: `undefined` while it is not whole. Its bytes may be lent until the next call: see {@link isLent}. */
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

  /** Whether these bytes, from {@link read}, lie in the common buffer. */
  isLent(bytes: Uint8Array): boolean {
    return bytes.buffer === this.#buffer.buffer;
  }

  /** The part of a message that was read so far. It travels with the connection. */
  readAhead(): Uint8Array | undefined {
    if ((this.#state[GOT_HEADER] ?? 0) === 0) return undefined;
    const got = this.#state[GOT] ?? 0;
    const ahead = new Uint8Array(4 * WORDS + got);
    ahead.set(new Uint8Array(this.#state.buffer, 0, 4 * WORDS));
    ahead.set((this.#large ?? this.#buffer).subarray(0, got), 4 * WORDS);
    return ahead;
  }

  /** Takes over the part that the sender of the connection had read. Throws `CorruptedError` for bytes that no sender of ours makes. */
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
    // The sender of a connection gave a part of a message that contradicts itself.
    if (!isSound) throw new CorruptedError("What was read ahead of this connection is malformed: its sender is no polyproc process.");
    this.#state.set(state);
    if (length > this.#buffer.length) this.#large = new Uint8Array(length);
    (this.#large ?? this.#buffer).set(part);
  }

  /** Forgets what was read, once the connection has been passed on. */
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
      return new CorruptedError("What came is no message: something else wrote on this connection's descriptor. Close it.");
    check(status, "The connection can't be read");
    return endOfPipe();
  }
}
