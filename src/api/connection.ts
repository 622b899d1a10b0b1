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
 * One end of a {@link Pipe}, or a connection to a {@link Listener}. Messages arrive whole and in order.
 *
 * @example
 * ```ts
 * const [a, b] = Pipe();
 * await a.send({ hello: "world" });
 * console.log(await b.recv()); // { hello: "world" }
 * ```
 */
export class Connection<T = unknown> extends SharedObject<ConnectionPort> implements AsyncIterable<T> {
  /** Whether this end can receive. The value stays the same after `close()`. */
  readonly readable: boolean;
  /** Whether this end can send. The value stays the same after `close()`. */
  readonly writable: boolean;

  /** Always throws `TypeError`: connections come from {@link Pipe}, {@link Client} and {@link Listener.accept}. */
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
   * Sends a copy of one value, made at the time of the call. It waits while the pipe is full; the portable backend keeps 1 MiB of unread
   * messages. While it waits on the native backend, up to 16 MiB of messages that come are read ahead, so that both ends may send first.
   *
   * @param value any value that can travel
   * @param options `timeout` in ms, `signal`; default: wait for ever. Once the first byte is out, the whole message is sent
   * @throws {BrokenPipeError} if no process is left that could read the message
   * @throws {TimeoutError} if the other end did not read in time. Nothing of the message was sent then, unless the error's
   * `mayHaveHappened` is true: then a part of it was, and the rest follows as the other end reads
   * @throws {SerializationError} if the value can't travel
   * @throws {RangeError} if the encoded value is larger than 1 GiB
   * @throws {ClosedError} after `close()`
   */
  async send(value: T, options?: WaitOptions): Promise<void> {
    const port = this.#writing("send");
    const wait = checkWait(options);
    if (!(await deliver(packLent(value, "value"), (message) => port.send(message, wait)))) throw notRead();
  }

  /**
   * Waits for one value and receives it.
   *
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @throws {EOFError} if no process has the other end open any more and all messages were read
   * @throws {TimeoutError} if no message came in time
   * @throws {SerializationError} if the message is not an encoded value; the message is lost then
   * @throws {ClosedError} after `close()`, also if `close()` is called during the wait
   */
  async recv(options?: WaitOptions): Promise<T> {
    const port = this.#reading("recv");
    const wait = checkWait(options);
    const incoming = port.recvNow?.() ?? (await port.recv(wait));
    if (port.foreign === true) return decode(takeBytes(incoming)) as T;
    return accept(inTime(incoming)) as T;
  }

  /**
   * Sends one message of raw bytes. Apart from {@link SerializationError}, it throws what `send` throws.
   *
   * @param buffer any ArrayBuffer or view
   * @param offset the first byte to send; default 0
   * @param size the number of bytes; default: to the end of the buffer
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @throws {RangeError} if `offset` or `size` is outside of the buffer, or the message is larger than 1 GiB; nothing is sent then
   */
  async sendBytes(buffer: Bytes, offset = 0, size?: number, options?: WaitOptions): Promise<void> {
    const port = this.#writing("sendBytes");
    const bytes = checkRange(buffer, offset, size);
    if (!(await port.send({ bytes, refs: [] }, checkWait(options)))) throw notRead();
  }

  /**
   * Waits for one message of raw bytes and receives it. It also throws what `recv` throws.
   *
   * @param maxLength the largest number of bytes that the message may have; default: no limit
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @throws {MessageTooLongError} if the message is longer; it is dropped, and the connection stays usable
   */
  async recvBytes(maxLength?: number, options?: WaitOptions): Promise<Uint8Array> {
    const port = this.#reading("recvBytes");
    const most = checkMost(maxLength);
    const wait = checkWait(options);
    return notLonger(takeBytes(port.recvNow?.() ?? (await port.recv(wait))), most);
  }

  /**
   * Waits for one message of raw bytes and writes it into a buffer. It also throws what `recv` throws.
   *
   * @param buffer the ArrayBuffer or view to write to
   * @param offset the first byte to write; default 0
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @returns the message's length in bytes
   * @throws {BufferTooShort} if the message does not fit; the error's `bytes` are the whole message
   */
  async recvBytesInto(buffer: Bytes, offset = 0, options?: WaitOptions): Promise<number> {
    const port = this.#reading("recvBytesInto");
    const target = bytesOf(buffer, "buffer");
    const start = checkSize(offset, "offset", target.length);
    const wait = checkWait(options);
    return copyInto(takeBytes(port.recvNow?.() ?? (await port.recv(wait))), target, start);
  }

  /**
   * Waits until a message, or the end of the connection, can be read.
   *
   * @param timeout milliseconds, or `{ timeout?, signal? }`; `null` waits for ever; default 0, which only looks
   * @returns whether a `recv` would not have to wait
   * @throws {ClosedError} after `close()`, also if `close()` is called during the wait
   */
  async poll(timeout: number | null | WaitOptions = 0): Promise<boolean> {
    const port = this.#reading("poll");
    return await port.poll(checkPoll(timeout));
  }

  /**
   * Returns the file descriptor. The connection still owns it and closes it.
   *
   * @throws {UnsupportedError} for a connection that is not one end of a pipe of the native backend
   */
  fileno(): number {
    const { fd } = openPort(this, "fileno");
    if (fd !== undefined) return fd;
    throw new UnsupportedError("fileno() needs a Pipe of the native backend: other connections have no descriptor of their own.");
  }

  /** Whether this end was closed in this process. */
  get closed(): boolean {
    return isClosed(this);
  }

  /**
   * Closes this end in this process. Pending receives reject with `ClosedError`. Sends that have begun are completed. A second call does
   * nothing.
   */
  override close(): void {
    super.close();
  }

  /** Like `send`, but blocks this thread. This and the other blocking calls throw `UnsupportedError` on the portable backend. */
  sendSync(value: T, options?: WaitOptions): void {
    const port = this.#writing("sendSync");
    const wait = checkWait(options);
    const { blocking = noSync("sendSync", "send") } = port;
    if (!deliverSync(packLent(value, "value"), (message) => blocking.sendSync(message, wait))) throw notRead();
  }

  /** Like `recv`, but blocks this thread. */
  recvSync(options?: WaitOptions): T {
    return accept(inTime(this.#recvSync("recvSync", "recv", options))) as T;
  }

  /** Like `sendBytes`, but blocks this thread. */
  sendBytesSync(buffer: Bytes, offset = 0, size?: number, options?: WaitOptions): void {
    const port = this.#writing("sendBytesSync");
    const bytes = checkRange(buffer, offset, size);
    const { blocking = noSync("sendBytesSync", "sendBytes") } = port;
    if (!blocking.sendSync({ bytes, refs: [] }, checkWait(options))) throw notRead();
  }

  /** Like `recvBytes`, but blocks this thread. */
  recvBytesSync(maxLength?: number, options?: WaitOptions): Uint8Array {
    const most = checkMost(maxLength);
    return notLonger(takeBytes(this.#recvSync("recvBytesSync", "recvBytes", options)), most);
  }

  /** Like `recvBytesInto`, but blocks this thread. */
  recvBytesIntoSync(buffer: Bytes, offset = 0, options?: WaitOptions): number {
    const target = bytesOf(buffer, "buffer");
    const start = checkSize(offset, "offset", target.length);
    return copyInto(takeBytes(this.#recvSync("recvBytesIntoSync", "recvBytesInto", options)), target, start);
  }

  /** Like `poll`, but blocks this thread. */
  pollSync(timeout: number | null | WaitOptions = 0): boolean {
    const { blocking = noSync("pollSync", "poll") } = this.#reading("pollSync");
    return blocking.waitSync(checkPoll(timeout));
  }

  /** Iterates over the received values until the end of the connection. `break` leaves the connection open and takes no further value. */
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
