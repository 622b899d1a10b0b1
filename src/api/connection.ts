import { CONNECTION, type ConnectionPort } from "../backend/contract/connection.ts";
import type { Incoming } from "../backend/contract/message.ts";
import { decode } from "../codec/decode.ts";
import { EOFError, UnsupportedError } from "../errors/errors.ts";
import { nothingCame, notRead } from "../errors/messages.ts";
import { accept, deliver, deliverSync } from "../objects/delivery.ts";
import { packLent } from "../objects/message.ts";
import { adopt, isClosed, noSync, openPort, SharedObject } from "../objects/shared-object.ts";
import { makeWaitable } from "../objects/waitable.ts";
import { checkWait, type WaitOptions } from "../util/wait-options.ts";
import { type Bytes, bytesOf, checkMost, checkPoll, checkRange, checkSize, copyInto, notLonger, takeBytes } from "./connection-bytes.ts";

/**
 * One end of a {@link Pipe}: messages, in order and whole.
 *
 * @example
 * ```ts
 * const [a, b] = Pipe();
 * await a.send({ hello: "world" });
 * console.log(await b.recv()); // { hello: "world" }
 * ```
 */
export class Connection<T = unknown> extends SharedObject<ConnectionPort> implements AsyncIterable<T> {
  /** Whether this end receives. Keeps its value after `close()`. */
  readonly readable: boolean;
  /** Whether this end sends. Keeps its value after `close()`. */
  readonly writable: boolean;

  /** Connections come from {@link Pipe}; throws `TypeError`. */
  constructor() {
    super(CONNECTION.label, () => {
      throw new TypeError("A connection can't be made alone: call Pipe().");
    });
    const { readable, writable } = openPort(this, "");
    this.readable = readable;
    this.writable = writable;
    makeWaitable(this, () => this.#reading("wait"));
  }

  /** @internal */
  static adopt<T>(port: ConnectionPort): Connection<T> {
    return adopt(port, () => new Connection<T>());
  }

  /**
   * Sends one value, as it is now. Waits while more than 1 MiB of earlier messages is unread.
   *
   * @param value any value that can travel
   * @param options `timeout` in ms, `signal`: they count until the message goes out, which it does whole
   * @throws {BrokenPipeError} if no process is left to read it
   * @throws {TimeoutError} if the other end did not read in time
   * @throws {SerializationError} if the value can't travel
   */
  async send(value: T, options?: WaitOptions): Promise<void> {
    const port = this.#writing("send");
    const wait = checkWait(options);
    if (!(await deliver(packLent(value, "value"), (message) => port.send(message, wait)))) throw notRead();
  }

  /**
   * Receives one value, waiting for it.
   *
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @throws {EOFError} when every holder of the other end is gone and all is read
   * @throws {TimeoutError} if no message came in time
   * @throws {SerializationError} if the message is no value (it is consumed)
   * @throws {ClosedError} after `close()`, also while it waits
   */
  async recv(options?: WaitOptions): Promise<T> {
    const port = this.#reading("recv");
    const wait = checkWait(options);
    const incoming = port.recvNow?.() ?? (await port.recv(wait));
    if (port.foreign === true) return decode(takeBytes(incoming)) as T;
    return accept(inTime(incoming)) as T;
  }

  /**
   * Sends one message of raw bytes.
   *
   * @param buffer any ArrayBuffer or view
   * @param offset where to start, in bytes; default 0
   * @param size how many bytes; default: to the end
   * @throws {RangeError} if offset and size don't lie in the buffer, or the message is above the limit; nothing is sent then
   */
  async sendBytes(buffer: Bytes, offset = 0, size?: number, options?: WaitOptions): Promise<void> {
    const port = this.#writing("sendBytes");
    const bytes = checkRange(buffer, offset, size);
    if (!(await port.send({ bytes, refs: [] }, checkWait(options)))) throw notRead();
  }

  /**
   * Receives one message of raw bytes.
   *
   * @param maxLength bytes the message may have; default: any number
   * @throws {MessageTooLongError} if it has more: it is dropped, and the connection stays usable
   */
  async recvBytes(maxLength?: number, options?: WaitOptions): Promise<Uint8Array> {
    const port = this.#reading("recvBytes");
    const most = checkMost(maxLength);
    const wait = checkWait(options);
    return notLonger(takeBytes(port.recvNow?.() ?? (await port.recv(wait))), most);
  }

  /**
   * Receives one message of raw bytes into a buffer.
   *
   * @param buffer where to write it
   * @param offset where to start, in bytes; default 0
   * @returns the message's length in bytes
   * @throws {BufferTooShort} if it does not fit: its `bytes` is the whole message
   */
  async recvBytesInto(buffer: Bytes, offset = 0, options?: WaitOptions): Promise<number> {
    const port = this.#reading("recvBytesInto");
    const target = bytesOf(buffer, "buffer");
    const start = checkSize(offset, "offset", target.length);
    const wait = checkWait(options);
    return copyInto(takeBytes(port.recvNow?.() ?? (await port.recv(wait))), target, start);
  }

  /**
   * Whether a message, or the end, can be read.
   *
   * @param timeout ms, or `{ timeout?, signal? }`; default 0 looks once, `null` waits for ever
   */
  async poll(timeout: number | null | WaitOptions = 0): Promise<boolean> {
    const port = this.#reading("poll");
    return await port.poll(checkPoll(timeout));
  }

  /** The file descriptor, which stays the connection's. Native backend; on the portable one `UnsupportedError`. */
  fileno(): number {
    const { fd } = openPort(this, "fileno");
    if (fd !== undefined) return fd;
    throw new UnsupportedError("fileno() needs a Pipe of the native backend: other connections have no descriptor of their own.");
  }

  /** Whether this process has closed its copy of this end. */
  get closed(): boolean {
    return isClosed(this);
  }

  /** Closes this process's copy of this end: pending receives reject with `ClosedError`, accepted sends go out. Idempotent. */
  override close(): void {
    super.close();
  }

  /** As `send`, blocking this thread. Native backend; on the portable one this and the other twins throw `UnsupportedError`. */
  sendSync(value: T, options?: WaitOptions): void {
    const { blocking = noSync("sendSync", "send") } = this.#writing("sendSync");
    const wait = checkWait(options);
    if (!deliverSync(packLent(value, "value"), (message) => blocking.sendSync(message, wait))) throw notRead();
  }

  /** As `recv`, blocking this thread. */
  recvSync(options?: WaitOptions): T {
    return accept(inTime(this.#recvSync("recvSync", "recv", options))) as T;
  }

  /** As `sendBytes`, blocking this thread. */
  sendBytesSync(buffer: Bytes, offset = 0, size?: number, options?: WaitOptions): void {
    const { blocking = noSync("sendBytesSync", "sendBytes") } = this.#writing("sendBytesSync");
    const bytes = checkRange(buffer, offset, size);
    if (!blocking.sendSync({ bytes, refs: [] }, checkWait(options))) throw notRead();
  }

  /** As `recvBytes`, blocking this thread. */
  recvBytesSync(maxLength?: number, options?: WaitOptions): Uint8Array {
    const most = checkMost(maxLength);
    return notLonger(takeBytes(this.#recvSync("recvBytesSync", "recvBytes", options)), most);
  }

  /** As `recvBytesInto`, blocking this thread. */
  recvBytesIntoSync(buffer: Bytes, offset = 0, options?: WaitOptions): number {
    const target = bytesOf(buffer, "buffer");
    const start = checkSize(offset, "offset", target.length);
    return copyInto(takeBytes(this.#recvSync("recvBytesIntoSync", "recvBytesInto", options)), target, start);
  }

  /** As `poll`, blocking this thread. */
  pollSync(timeout: number | null | WaitOptions = 0): boolean {
    const { blocking = noSync("pollSync", "poll") } = this.#reading("pollSync");
    return blocking.waitSync(checkPoll(timeout));
  }

  /** The values, until the end. `break` takes nothing more and leaves the connection open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      let value: T;
      try {
        value = await this.recv();
      } catch (error) {
        if (error instanceof EOFError && error.bytesExpected === undefined) return;
        throw error;
      }
      yield value;
    }
  }

  #recvSync(name: string, twin: string, options: WaitOptions | undefined): Incoming | undefined {
    const { blocking = noSync(name, twin) } = this.#reading(name);
    return blocking.recvSync(checkWait(options));
  }

  #reading(call: string): ConnectionPort {
    const port = openPort(this, call);
    if (!this.readable) throw new UnsupportedError(`${call}() on the end of a one-way pipe that only sends: use the other end.`);
    return port;
  }

  #writing(call: string): ConnectionPort {
    const port = openPort(this, call);
    if (!this.writable) throw new UnsupportedError(`${call}() on the end of a one-way pipe that only receives: use the other end.`);
    return port;
  }
}

function inTime(incoming: Incoming | undefined): Incoming {
  if (incoming === undefined) throw nothingCame();
  return incoming;
}
