import type { ConnectionPort, Incoming } from "../backend/contract/backend.ts";
import { type BackendName, chooseBackend } from "../backend/registry.ts";
import { decode } from "../codec/decode.ts";
import { MAX_MESSAGE } from "../codec/tags.ts";
import { BufferTooShort, EOFError, MessageTooLongError, UnsupportedError } from "../errors/errors.ts";
import { Adopted, accept, deliver, deliverSync, packLent, registerShared } from "../objects/message.ts";
import { Hold, noSync } from "../objects/shared-object.ts";
import { checkTimeout, checkWait, describe, type Wait, type WaitOptions } from "../util/timing.ts";
import { waitable } from "./wait.ts";

/** Bytes in any form; offsets and sizes count bytes, whatever the view's elements are. */
export type Bytes = ArrayBufferView | ArrayBufferLike;

function bytesOf(buffer: unknown, name: string): Uint8Array {
  if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  if (buffer instanceof ArrayBuffer || (typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer))
    return new Uint8Array(buffer);
  throw new TypeError(`${name} must be an ArrayBuffer or a view of one, received ${describe(buffer)}.`);
}

function checkSize(value: unknown, name: string, most: number): number {
  if (typeof value !== "number") throw new TypeError(`${name} must be a number of bytes, received ${describe(value)}.`);
  if (!Number.isInteger(value) || value < 0 || value > most)
    throw new RangeError(`${name} must be a whole number from 0 to ${most}, received ${value}.`);
  return value;
}

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
export class Connection<T = unknown> implements AsyncIterable<T> {
  readonly #hold: Hold<ConnectionPort>;
  /** Whether this end receives. Keeps its value after `close()`. */
  readonly readable: boolean;
  /** Whether this end sends. Keeps its value after `close()`. */
  readonly writable: boolean;

  /** Connections come from {@link Pipe}; throws `TypeError` otherwise. */
  constructor(adopted: unknown) {
    if (!(adopted instanceof Adopted)) throw new TypeError("A connection can't be made alone: call Pipe().");
    this.#hold = new Hold(adopted.port as ConnectionPort, "connection", this);
    this.readable = adopted.readable;
    this.writable = adopted.writable;
    waitable(this, () => this.#reading("wait"));
  }

  /**
   * Sends one value, as it is now. Waits while more than 1 MiB of earlier messages is unread.
   *
   * @param options `timeout` in ms, `signal`: they count until the message goes out, which it does whole
   * @throws {BrokenPipeError} if nobody is left to read it
   * @throws {TimeoutError} if the other end did not read in time
   * @throws {SerializationError} if the value can't travel
   */
  async send(value: T, options?: WaitOptions): Promise<void> {
    const port = this.#writing("send");
    const wait = checkWait(options);
    await deliver(packLent(value, "value"), (message) => port.send(message, wait));
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
    const incoming = await received(port, options);
    return (port.foreign === true ? decode(takeBytes(incoming)) : accept(incoming)) as T;
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
    const wait = checkWait(options);
    await port.send({ bytes, refs: [] }, wait);
  }

  /**
   * Receives one message of raw bytes.
   *
   * @param maxLength bytes the message may have; default: any
   * @throws {MessageTooLongError} if it has more: it is dropped, and the connection stays usable
   */
  async recvBytes(maxLength?: number, options?: WaitOptions): Promise<Uint8Array> {
    const port = this.#reading("recvBytes");
    const most = checkMost(maxLength);
    return notLonger(takeBytes(await received(port, options)), most);
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
    return copyInto(takeBytes(await received(port, options)), target, start);
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
    const { fd } = this.#hold.open("fileno");
    if (fd !== undefined) return fd;
    throw new UnsupportedError("fileno() needs the native backend: on the portable one a connection has no descriptor of its own.");
  }

  /** Whether this process has closed its copy of this end. */
  get closed(): boolean {
    return this.#hold.closed;
  }

  /** Closes this process's copy of this end: pending receives reject with `ClosedError`, accepted sends go out. Idempotent. */
  close(): void {
    this.#hold.close();
  }

  /** As `send`, blocking this thread. Native backend; on the portable one this and the other twins throw `UnsupportedError`. */
  sendSync(value: T, options?: WaitOptions): void {
    const port = this.#writing("sendSync");
    const wait = checkWait(options);
    if (port.sendSync === undefined) return noSync("sendSync", "send");
    deliverSync(packLent(value, "value"), (message) => port.sendSync?.(message, wait));
  }

  /** As `recv`, blocking this thread. */
  recvSync(options?: WaitOptions): T {
    return accept(this.#recvSync("recvSync", "recv", options)) as T;
  }

  /** As `sendBytes`, blocking this thread. */
  sendBytesSync(buffer: Bytes, offset = 0, size?: number, options?: WaitOptions): void {
    const port = this.#writing("sendBytesSync");
    const bytes = checkRange(buffer, offset, size);
    if (port.sendSync === undefined) return noSync("sendBytesSync", "sendBytes");
    port.sendSync({ bytes, refs: [] }, checkWait(options));
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
    const port = this.#reading("pollSync");
    return port.pollSync === undefined ? noSync("pollSync", "poll") : port.pollSync(checkPoll(timeout));
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

  /** As `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #recvSync(name: string, twin: string, options: WaitOptions | undefined): Incoming {
    const port = this.#reading(name);
    return port.recvSync === undefined ? noSync(name, twin) : port.recvSync(checkWait(options));
  }

  #reading(what: string): ConnectionPort {
    const port = this.#hold.open(what);
    if (!this.readable) throw new UnsupportedError(`${what}() on the end of a one-way pipe that only sends: use the other end.`);
    return port;
  }

  #writing(what: string): ConnectionPort {
    const port = this.#hold.open(what);
    if (!this.writable) throw new UnsupportedError(`${what}() on the end of a one-way pipe that only receives: use the other end.`);
    return port;
  }
}

function received(port: ConnectionPort, options: WaitOptions | undefined): Incoming | Promise<Incoming> {
  const wait = checkWait(options);
  return port.recvNow?.() ?? port.recv(wait);
}

function checkRange(buffer: Bytes, offset: number, size: number | undefined): Uint8Array {
  const bytes = bytesOf(buffer, "buffer");
  const start = checkSize(offset, "offset", bytes.length);
  const length = size === undefined ? bytes.length - start : checkSize(size, "size", bytes.length - start);
  if (length > MAX_MESSAGE) throw new RangeError(`A message holds at most ${MAX_MESSAGE} bytes, received ${length}: send it in parts.`);
  return bytes.subarray(start, start + length);
}

function checkMost(maxLength: number | undefined): number {
  return maxLength === undefined ? Number.POSITIVE_INFINITY : checkSize(maxLength, "maxLength", Number.MAX_SAFE_INTEGER);
}

function takeBytes({ message, lent, settle }: Incoming): Uint8Array {
  settle();
  return lent === true ? message.bytes.slice() : message.bytes;
}

function notLonger(bytes: Uint8Array, most: number): Uint8Array {
  if (bytes.length <= most) return bytes;
  throw new MessageTooLongError(
    `A message of ${bytes.length} bytes came, and maxLength is ${most}: it was dropped; receive with a larger maxLength.`,
  );
}

function copyInto(bytes: Uint8Array, target: Uint8Array, start: number): number {
  if (bytes.length > target.length - start) {
    const message = `A message of ${bytes.length} bytes came, and the buffer has room for ${target.length - start}: take it from this error's bytes.`;
    throw new BufferTooShort(message, { fields: { bytes } });
  }
  target.set(bytes, start);
  return bytes.length;
}

function checkPoll(timeout: number | null | WaitOptions): Wait {
  if (timeout === null) return checkWait(undefined);
  if (typeof timeout !== "object") return { timeout: checkTimeout(timeout), signal: undefined };
  return checkWait(timeout);
}

export interface PipeOptions {
  /** Whether both ends send and receive; otherwise the first only receives, the second only sends. Default `true`. */
  readonly duplex?: boolean;
}

/**
 * Makes a pipe: two connected ends, for this process or to be given to others.
 *
 * @param options `duplex`, alone or in an object; default `true`
 * @throws {TypeError} for anything else
 *
 * @example
 * ```ts
 * const [reader, writer] = Pipe(false);
 * await writer.send(1);
 * console.log(await reader.recv()); // 1
 * ```
 */
export function Pipe<T = unknown>(options: PipeOptions | boolean = true): [Connection<T>, Connection<T>] {
  return makePipe(options);
}

/** A pipe in the named backend. */
export function makePipe<T>(options: PipeOptions | boolean, backend?: BackendName): [Connection<T>, Connection<T>] {
  const duplex = typeof options === "object" && options !== null ? (options.duplex ?? true) : options;
  if (typeof duplex !== "boolean") throw new TypeError(`Pipe takes a boolean or { duplex?: boolean }, received ${describe(duplex)}.`);
  const [first, second] = chooseBackend(backend).makePipe(duplex);
  return [new Connection(new Adopted(first, true, duplex)), new Connection(new Adopted(second, duplex, true))];
}

registerShared("connection", (adopted) => new Connection(adopted));
