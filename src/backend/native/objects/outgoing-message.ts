import { noReader } from "../../../errors/messages.ts";
import { EAGAIN, EPIPE } from "../library/errno.ts";
import type { Shim } from "../library/functions.ts";
import { check } from "../library/result.ts";

/** The length that goes ahead of a message on a connection. */
const HEADER = 4;

/** A message that a connection sends. Once its first byte was sent, the rest must follow. */
export class OutgoingMessage {
  readonly #shim: Shim;
  readonly #fd: number;
  #bytes: Uint8Array;
  #out = 0;

  /** @param lent the message's bytes, which are valid until this call of the connection returns */
  constructor(shim: Shim, fd: number, lent: Uint8Array) {
    this.#shim = shim;
    this.#fd = fd;
    this.#bytes = lent;
  }

  /** Whether a part of the message was sent. */
  get begun(): boolean {
    return this.#out > 0;
  }

  /** Sends as many bytes as the socket accepts. True once the whole message is in the kernel. */
  send(ms: number): true | undefined {
    const { length } = this.#bytes;
    for (let limit = ms; this.#out < length + HEADER; limit = 0) {
      const count =
        this.#out < HEADER
          ? this.#shim.pp_send(this.#fd, this.#bytes, length, limit)
          : this.#shim.pp_write(this.#fd, this.#bytes, this.#out - HEADER, length + HEADER - this.#out, limit);
      if (count === EAGAIN) return undefined;
      if (count === EPIPE) throw noReader();
      this.#out += check(count, "The message can't be sent");
    }
    return true;
  }

  /** Copies the bytes, because the rest of them is sent after this call returns. */
  keep(): void {
    this.#bytes = this.#bytes.slice();
  }
}
