import { CorruptedError } from "../../../errors/errors.ts";
import { cutOff, endOfPipe } from "../../../errors/messages.ts";
import { EAGAIN, EBADMSG, ECONNABORTED, EMSGSIZE, ENODATA } from "../library/errno.ts";
import type { Shim } from "../library/functions.ts";
import { check } from "../library/result.ts";
import { type AheadMessage, HEADER, packAhead, unpackAhead } from "./read-ahead.ts";

const FIRST_BUFFER = 1 << 16;
// struct pp_incoming as 32-bit words: a header of 12 bytes, the number of its bytes that came, the message's length, the number of the
// message's bytes that came, and the number of descriptors that came, with the descriptors themselves.
const GOT_HEADER = 3;
const LENGTH = 4;
const GOT = 5;
const CARRIED = 6;
const FDS = 7;
const WORDS = FDS + 253;
const UNKNOWN_LENGTH = -1;

/** A message that was received. Its bytes may be lent until the next call. */
export interface CameMessage extends AheadMessage {
  readonly isLent: boolean;
}

/**
 * The messages that a connection receives. Reading stops at the end of a message, unless a send waits: then the messages that come are read
 * ahead, because the other end may not read before it has sent them.
 */
export class IncomingMessage {
  readonly #shim: Shim;
  readonly #fd: number;
  readonly #state = new Int32Array(WORDS);
  readonly #buffer = new Uint8Array(FIRST_BUFFER);
  // The buffer of a message that does not fit into the common buffer.
  #large: Uint8Array | undefined;
  #ahead: AheadMessage[] = [];
  #aheadBytes = 0;

  constructor(shim: Shim, fd: number) {
    this.#shim = shim;
    this.#fd = fd;
    this.#state[LENGTH] = UNKNOWN_LENGTH;
  }

  /** Whether a message was read ahead. */
  get hasAhead(): boolean {
    return this.#ahead.length > 0;
  }

  /** Reads a message. `undefined` while it is not complete. */
  read(ms: number): CameMessage | undefined {
    const ahead = this.#ahead.shift();
    if (ahead !== undefined) {
      this.#aheadBytes -= ahead.bytes.length;
      return { ...ahead, isLent: false };
    }
    const length = this.#receive(ms);
    if (length === EAGAIN) return undefined;
    if (length >= 0) return this.#take(length);
    this.#large = undefined;
    this.#closeCarried();
    throw this.#failure(length);
  }

  /**
   * Reads the messages that are there, as long as those that were read ahead have less than `most` bytes. Returns whether more may be read
   * later.
   */
  readAhead(most: number): boolean {
    while (this.#aheadBytes < most) {
      const length = this.#receive(0);
      // An error stays where it is: `read` meets it again.
      if (length < 0) return length === EAGAIN;
      const { bytes, fds, isLent } = this.#take(length);
      this.#ahead.push({ bytes: isLent ? bytes.slice() : bytes, fds });
      this.#aheadBytes += bytes.length;
    }
    return false;
  }

  /** Returns everything that was read and not taken, which travels with the connection: the bytes, and descriptors. */
  pack(): { readonly bytes: Uint8Array; readonly fds: readonly number[] } | undefined {
    const { [GOT_HEADER]: header = 0, [GOT]: got = 0 } = this.#state;
    if (header === 0 && this.#ahead.length === 0) return undefined;
    const part = new Uint8Array(header + got);
    part.set(new Uint8Array(this.#state.buffer, 0, header));
    part.set((this.#large ?? this.#buffer).subarray(0, got), header);
    return packAhead(this.#ahead, { bytes: part, fds: this.#carried() });
  }

  /** Takes over what the sender of the connection had read. Throws `CorruptedError` for bytes that are not valid. */
  restore(bytes: Uint8Array, fds: readonly number[]): void {
    const { messages, part, partLength } = unpackAhead(bytes, fds);
    this.#ahead = messages;
    this.#aheadBytes = messages.reduce((size, message) => size + message.bytes.length, 0);
    const header = partLength === undefined ? part.bytes.length : HEADER;
    new Uint8Array(this.#state.buffer).set(part.bytes.subarray(0, header));
    this.#state[GOT_HEADER] = header;
    this.#state[CARRIED] = part.fds.length;
    this.#state.set(part.fds, FDS);
    if (partLength === undefined) return;
    this.#state[LENGTH] = partLength;
    this.#state[GOT] = part.bytes.length - header;
    if (partLength > this.#buffer.length) this.#large = new Uint8Array(partLength);
    (this.#large ?? this.#buffer).set(part.bytes.subarray(header));
  }

  /** Drops what was read, once the connection was sent to another process, or was closed. */
  forget(): void {
    for (const { fds } of this.#ahead) this.#closeAll(fds);
    this.#ahead = [];
    this.#aheadBytes = 0;
    this.#closeCarried();
    this.#state.fill(0);
    this.#state[LENGTH] = UNKNOWN_LENGTH;
    this.#large = undefined;
  }

  #receive(ms: number): number {
    for (;;) {
      const buffer = this.#large ?? this.#buffer;
      const length = this.#shim.pp_recv(this.#fd, this.#state, buffer, buffer.length, ms);
      if (length !== EMSGSIZE) return length;
      this.#large = new Uint8Array(this.#state[LENGTH] ?? 0);
    }
  }

  #take(length: number): CameMessage {
    const isLent = this.#large === undefined;
    const bytes = (this.#large ?? this.#buffer).subarray(0, length);
    const fds = this.#state[CARRIED] === 0 ? [] : this.#carried();
    this.#large = undefined;
    this.#state[CARRIED] = 0;
    return { bytes, fds, isLent };
  }

  #carried(): number[] {
    return [...this.#state.subarray(FDS, FDS + (this.#state[CARRIED] ?? 0))];
  }

  #closeCarried(): void {
    this.#closeAll(this.#carried());
    this.#state[CARRIED] = 0;
  }

  #closeAll(fds: readonly number[]): void {
    for (const fd of fds) this.#shim.pp_close(fd);
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
