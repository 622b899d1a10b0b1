import { seal } from "../../../codec/envelope.ts";
import { MAX_MESSAGE } from "../../../codec/tags.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import { cutOff, endOfPipe, noReader, nothingCame, notRead } from "../../../errors/messages.ts";
import { Attempts, blocking } from "../../../util/attempts.ts";
import { orLate, orLateSync, type Wait } from "../../../util/timing.ts";
import type { ConnectionPort, Incoming, Message, Ref } from "../../contract/backend.ts";
import { NativePort, type Realm } from "../core/handle.ts";
import { Readiness } from "../core/inbox.ts";
import type { Travelling } from "../core/keeper.ts";
import { check, type Shim } from "../library/shim.ts";

const EAGAIN = -11;
const EPIPE = -32;
const ENODATA = -61;
const EBADMSG = -74;
const EMSGSIZE = -90;
const ECONNABORTED = -103;

const HEADER = 4;
const FIRST_ROOM = 1 << 16;
// struct pp_incoming: 12 bytes of header, then how many of them came, the message's length, how much of it came.
const INCOMING_WORDS = 6;
const GOT_HEADER = 3;
const LENGTH = 4;
const GOT = 5;

/** One end of a socket pair. Nothing is read ahead, so the end can be passed on, polled and read blocking at any time. */
export class NativeConnection extends NativePort implements ConnectionPort {
  readonly fd: number;
  readonly #home: string | undefined;
  readonly #directions: Pick<Ref, "readable" | "writable">;
  readonly #reading: Readiness;
  readonly #writing: Readiness;
  readonly #recvs: Attempts;
  readonly #outgoing: Attempts;
  readonly #state = new Int32Array(INCOMING_WORDS);
  #buffer = new Uint8Array(FIRST_ROOM);
  // A large message on its way in.
  #large: Uint8Array | undefined;

  constructor(realm: Realm, fd: number, directions: Pick<Ref, "readable" | "writable" | "ahead">, home?: string) {
    super(realm, "connection");
    this.fd = fd;
    this.#home = home;
    this.#directions = { readable: directions.readable, writable: directions.writable };
    this.#reading = new Readiness(realm.inbox, fd, "read", () => this.#recvs.retry());
    this.#writing = new Readiness(realm.inbox, fd, "write", () => this.#outgoing.retry());
    this.#recvs = new Attempts(() => this.#reading.arm());
    this.#outgoing = new Attempts(() => this.#writing.arm());
    this.#state[LENGTH] = -1;
    if (directions.ahead !== undefined) this.#restore(directions.ahead);
  }

  protected override travelling(): Travelling {
    const fields = { ...this.#directions, ahead: this.#readAhead() };
    return { kind: "connection", fd: this.fd, home: this.#home, fields, left: () => this.#forget() };
  }

  protected override free(): void {
    this.#reading.close();
    this.#writing.close();
    this.realm.inbox.shim.pp_close(this.fd);
  }

  send(message: Message, wait: Wait): Promise<void> {
    const sending = this.#sending(message);
    if (this.#outgoing.size === 0 && sending.look(0) === true) return Promise.resolve();
    sending.keep();
    const attempt = { wait, tooLate: notRead, look: () => sending.look(0), begun: () => sending.begun };
    return this.sending(this.#outgoing.make(attempt).then(() => {}));
  }

  sendSync(message: Message, wait: Wait): void {
    const sending = this.#sending(message);
    blocking(
      wait,
      (ms) => {
        // What was sent before may be out in part: it goes first.
        if (this.#outgoing.size > 0) this.realm.inbox.pumpSync(ms);
        return this.#outgoing.size > 0 ? undefined : sending.look(ms);
      },
      notRead,
      () => sending.begun,
    );
  }

  async recv(wait: Wait): Promise<Incoming> {
    const look = (): Uint8Array | undefined => {
      const bytes = this.#read(0);
      return bytes?.buffer === this.#buffer.buffer ? bytes.slice() : bytes;
    };
    return { message: { bytes: await this.waitFor(this.#recvs, wait, nothingCame, look), refs: NO_REFS }, settle };
  }

  recvNow(): Incoming | undefined {
    const bytes = this.#recvs.size === 0 ? this.#read(0) : undefined;
    return bytes === undefined ? undefined : this.#incoming(bytes);
  }

  recvSync(wait: Wait): Incoming {
    return this.#incoming(blocking(wait, (ms) => this.#read(ms), nothingCame));
  }

  async poll(wait: Wait): Promise<boolean> {
    if (this.#isReadable(0) === true) return true;
    return orLate(false, (tooLate) => this.waitFor(this.#recvs, wait, tooLate, () => this.#isReadable(0)));
  }

  pollNow(): boolean {
    return this.#isReadable(0) === true;
  }

  pollSync(wait: Wait): boolean {
    return orLateSync(false, (tooLate) => blocking(wait, (ms) => this.#isReadable(ms), tooLate));
  }

  #isReadable(ms: number): true | undefined {
    return check(this.realm.inbox.shim.pp_readable(this.fd, ms), "The connection can't be looked at") === 1 ? true : undefined;
  }

  #sending(message: Message): Sending {
    return new Sending(this.realm.inbox.shim, this.fd, seal(message));
  }

  #incoming(bytes: Uint8Array): Incoming {
    return { message: { bytes, refs: NO_REFS }, lent: bytes.buffer === this.#buffer.buffer, settle };
  }

  // One message, or undefined while it is not whole. A small one is lent until the next call.
  #read(ms: number): Uint8Array | undefined {
    for (;;) {
      const buffer = this.#large ?? this.#buffer;
      const length = this.realm.inbox.shim.pp_recv(this.fd, this.#state, buffer, buffer.length, ms);
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

  #failure(status: number): Error {
    if (status === ENODATA) return endOfPipe();
    if (status === ECONNABORTED) {
      const [arrived = 0, expected = 0] = [this.#state[GOT], Math.max(0, this.#state[LENGTH] ?? 0)];
      this.#state[LENGTH] = -1;
      this.#state[GOT_HEADER] = 0;
      this.#state[GOT] = 0;
      return cutOff(arrived, expected);
    }
    if (status === EBADMSG)
      return new CorruptedError("What came is no message: something else wrote on this connection's descriptor. Close it.");
    check(status, "The connection can't be read");
    return endOfPipe();
  }

  // What was read of a message that is not whole goes with the end.
  #readAhead(): Uint8Array | undefined {
    const header = this.#state[GOT_HEADER] ?? 0;
    if (header === 0) return undefined;
    const got = this.#state[GOT] ?? 0;
    const ahead = new Uint8Array(4 * INCOMING_WORDS + got);
    ahead.set(new Uint8Array(this.#state.buffer, 0, 4 * INCOMING_WORDS));
    ahead.set((this.#large ?? this.#buffer).subarray(0, got), 4 * INCOMING_WORDS);
    return ahead;
  }

  #forget(): void {
    this.#state.fill(0);
    this.#state[LENGTH] = -1;
    this.#large = undefined;
  }

  #restore(ahead: Uint8Array): void {
    const state = new Int32Array(ahead.slice(0, 4 * Math.min(INCOMING_WORDS, ahead.length >> 2)).buffer);
    const part = ahead.subarray(4 * INCOMING_WORDS);
    const { [GOT_HEADER]: header = -1, [LENGTH]: length = -2, [GOT]: got = -1 } = state;
    const sound = header >= 0 && header <= 12 && length >= -1 && length <= MAX_MESSAGE && got === part.length && got <= Math.max(0, length);
    if (!sound) throw new CorruptedError("What was read ahead of this connection is malformed: its sender is no polyproc process.");
    this.#state.set(state);
    if (length > this.#buffer.length) this.#large = new Uint8Array(length);
    (this.#large ?? this.#buffer).set(part);
  }
}

const NO_REFS: Message["refs"] = [];
const settle = (): void => {};

/** One message on its way out. */
class Sending {
  readonly #shim: Shim;
  readonly #fd: number;
  #bytes: Uint8Array;
  #out = 0;

  constructor(shim: Shim, fd: number, lent: Uint8Array) {
    this.#shim = shim;
    this.#fd = fd;
    this.#bytes = lent;
  }

  get begun(): boolean {
    return this.#out > 0;
  }

  /** True once all of it is in the kernel. */
  look(ms: number): true | undefined {
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

  /** It is not done at once, and its bytes were lent. */
  keep(): void {
    this.#bytes = this.#bytes.slice();
  }
}
