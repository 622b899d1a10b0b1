import { ProcessError } from "../../../errors/errors.ts";
import { noReader } from "../../../errors/messages.ts";
import { now } from "../../../util/clock.ts";
import { EAGAIN, EPIPE, ETOOMANYREFS } from "../library/errno.ts";
import type { Shim } from "../library/functions.ts";
import { check } from "../library/result.ts";

/** The length that goes ahead of a message on a connection. */
const HEADER = 4;
/** A message of so many bytes is waited for before its rest is copied ... */
const WAITED_FROM = 1 << 20;
/** ... as long as a copy of it would take: so many of its bytes a millisecond. */
const COPIED_IN_A_MS = 1 << 21;
const NONE: Int32Array = new Int32Array(0);

/** A message that a connection sends. Once its first byte was sent, the rest must follow. */
export class OutgoingMessage {
  readonly #shim: Shim;
  readonly #fd: number;
  #bytes: Uint8Array;
  // Copies of the descriptors of the shared objects inside. The message carries them.
  #carried: Int32Array;
  #out = 0;
  // So many bytes of the message were sent before the rest was copied, and are not in `#bytes` any more.
  #dropped = 0;
  #isOver = false;

  /**
   * @param lent the message's bytes, which are valid until this call of the connection returns
   * @param carried descriptors that go with the message. The message closes them
   */
  constructor(shim: Shim, fd: number, lent: Uint8Array, carried: Int32Array) {
    this.#shim = shim;
    this.#fd = fd;
    this.#bytes = lent;
    this.#carried = carried;
  }

  get length(): number {
    return this.#bytes.length + this.#dropped;
  }

  /** Whether a part of the message was sent. */
  get begun(): boolean {
    return this.#out > 0;
  }

  /** Whether the message was sent, or never can be. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Sends as many bytes as the socket accepts. True once the whole message is in the kernel. */
  send(ms: number): true | undefined {
    const { length } = this;
    for (let limit = ms; this.#out < length + HEADER; limit = 0) {
      const count =
        this.#out < HEADER
          ? this.#begin(limit)
          : this.#shim.pp_write(this.#fd, this.#bytes, this.#out - HEADER - this.#dropped, length + HEADER - this.#out, limit);
      if (count === EAGAIN) return undefined;
      this.close();
      this.#isOver = count < 0;
      if (count === EPIPE) throw noReader();
      if (count === ETOOMANYREFS) throw tooManyOnTheirWay();
      this.#out += check(count, "The message can't be sent");
    }
    this.#isOver = true;
    return true;
  }

  /**
   * Goes on with a large message of which a part was sent, while the other end takes it. This blocks the thread no longer than the copy that
   * `keep` makes otherwise. True once the whole message is in the kernel.
   */
  sendSoon(): true | undefined {
    const { length } = this;
    if (length < WAITED_FROM || !this.begun) return undefined;
    for (const end = now() + length / COPIED_IN_A_MS; ; ) {
      const left = end - now();
      if (left <= 0 || this.#shim.pp_writable(this.#fd, 0, Math.ceil(left)) !== 1) return undefined;
      if (this.send(0) === true) return true;
    }
  }

  /** Closes the descriptors, if the message was not sent. */
  close(): void {
    for (const fd of this.#carried) this.#shim.pp_close(fd);
    this.#carried = NONE;
  }

  #begin(ms: number): number {
    const [bytes, carried] = [this.#bytes, this.#carried];
    if (carried.length === 0) return this.#shim.pp_send(this.#fd, bytes, bytes.length, ms);
    return this.#shim.pp_send_objects(this.#fd, bytes, bytes.length, carried, carried.length, ms);
  }

  /** Copies the rest of the bytes, because it is sent after this call returns. */
  keep(): void {
    const sent = Math.max(0, this.#out - HEADER);
    this.#bytes = this.#bytes.slice(sent);
    this.#dropped += sent;
  }
}

// The kernel limits how many descriptors may be on their way, to as many as one process may have open.
function tooManyOnTheirWay(): ProcessError {
  return new ProcessError(
    "Too many shared objects are on their way in pipes that nobody has read: receive some first, or raise `ulimit -n`.",
  );
}
