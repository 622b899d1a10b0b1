import type { Server } from "node:net";
import { resolve } from "node:path";
import { Attempts } from "./attempts.ts";
import { remove } from "./backend/folder.ts";
import { net } from "./builtins.ts";
import { Connection } from "./connection.ts";
import { AuthenticationError, BrokenPipeError, ClosedError, CorruptedError, EOFError, TimeoutError } from "./errors.ts";
import { Adopted } from "./message.ts";
import { type Address, cantConnect, cantListen, checkAddress, dial, listenAt, textOf } from "./remote/address.ts";
import { admit, type Channel, introduce } from "./remote/handshake.ts";
import { handshakeLimit } from "./remote/handshake-limit.ts";
import { noBlocking, RemotePort } from "./remote/port.ts";
import { after, checkWait, describe, FOREVER, orLate, type Wait, type WaitOptions, within } from "./timing.ts";
import { waitable } from "./wait.ts";

export type { Address } from "./remote/address.ts";

/** How long `Client` tries unless told otherwise: a CPython listener makes its callers wait until it accepts. */
const CLIENT_LIMIT = 10_000;
// Peers that have not proved themselves yet; one more, and the oldest is cut off.
const MAX_HALF_OPEN = 128;

export interface ListenerOptions {
  /** A path for a Unix socket, or `{ host, port }`; port 0 takes a free one. */
  readonly address: Address;
  /** What both sides must know: bytes, or a string that stands for its UTF-8 bytes. */
  readonly authKey: Uint8Array | string;
  /** How many connections the system keeps waiting until this process turns to them. Default: the runtime's, about 500. */
  readonly backlog?: number;
}

export interface ClientOptions extends WaitOptions {
  /** The listener's key: bytes, or a string that stands for its UTF-8 bytes. */
  readonly authKey: Uint8Array | string;
}

// Sockets' files that this process still has to remove.
const paths = new Set<string>();
let watchesExit = false;

/**
 * Waits for connections from processes outside of this tree: other programs of this library, and CPython's `multiprocessing.connection`
 * from 3.12 on. Both sides prove that they know the key before anything else is read; what follows is neither encrypted nor signed.
 *
 * @throws {TypeError} for an address or key of the wrong type
 * @throws {RangeError} for an empty key, or an address that can't be one
 *
 * @example
 * ```ts
 * const listener = new Listener({ address: { host: "127.0.0.1", port: 0 }, authKey: "a long secret" });
 * await listener.ready;
 * const client = await Client(listener.address, { authKey: "a long secret" });
 * const conn = await listener.accept();
 * await client.sendBytes(new Uint8Array([1, 2, 3]));
 * console.log(await conn.recvBytes()); // Uint8Array [1, 2, 3]
 * listener.close();
 * ```
 */
export class Listener implements AsyncIterable<Connection> {
  /** Resolves once it listens; rejects with `StateError` if it can't, for instance as the address is in use. */
  readonly ready: Promise<void>;
  readonly #server: Server;
  readonly #key: Uint8Array;
  readonly #halfOpen = new Set<RemotePort>();
  readonly #passed: RemotePort[] = [];
  readonly #accepts = new Attempts(() => {});
  // The socket's file, from the moment that it is ours.
  #file: string | undefined;
  #address: Address;
  #rejected = 0;
  #closed = false;
  #failure: Error | undefined;

  constructor(options: ListenerOptions) {
    if (typeof options !== "object" || options === null)
      throw new TypeError(`A Listener takes { address, authKey, backlog? }, received ${describe(options)}.`);
    this.#address = checkAddress(options.address, 0);
    this.#key = checkKey(options.authKey);
    const backlog = checkBacklog(options.backlog);
    this.#server = net().createServer((socket) => this.#greet(new RemotePort(socket)));
    // A connection that could not be taken is its caller's loss alone.
    this.#server.on("error", () => {});
    this.#server.unref();
    this.ready = this.#listen(backlog);
    this.ready.catch(() => {});
    waitable(this, () => {
      this.#check("wait");
      return {
        poll: (wait) => this.#poll(wait),
        get pollNow(): never {
          return noBlocking("wait");
        },
      };
    });
  }

  /** Where it listens: as given, and once it is ready with the real host and port. */
  get address(): Address {
    return this.#address;
  }

  /** How many peers were turned away: they did not prove in time that they know the key. */
  get rejected(): number {
    return this.#rejected;
  }

  /**
   * The next connection from a peer that proved to know the key.
   *
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @throws {TimeoutError} if nobody came in time
   * @throws {ClosedError} after `close()`, also while it waits
   * @throws {StateError} if it can't listen
   */
  async accept<T = unknown>(options?: WaitOptions): Promise<Connection<T>> {
    this.#check("accept()");
    const look = (): RemotePort | undefined => {
      if (this.#failure !== undefined) throw this.#failure;
      return this.#passed.shift();
    };
    const port = await this.#accepts.make({ wait: checkWait(options), tooLate: nobodyCame, look });
    return new Connection<T>(new Adopted(port));
  }

  /** Ends it: pending accepts reject with `ClosedError`, and a Unix socket's file is removed. Accepted connections stay. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#server.close();
    for (const port of this.#halfOpen) port.cut();
    for (const port of this.#passed.splice(0)) port.release();
    if (this.#file !== undefined) {
      paths.delete(this.#file);
      remove(this.#file);
    }
    this.#accepts.giveUp(() => new ClosedError("The listener was closed in this process while this call waited."));
  }

  /** The connections, until `close()`. `break` leaves the listener open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Connection, void, undefined> {
    while (!this.#closed) {
      let conn: Connection;
      try {
        conn = await this.accept();
      } catch (error) {
        if (this.#closed && error instanceof ClosedError) return;
        throw error;
      }
      yield conn;
    }
  }

  /** As `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #check(what: string): void {
    if (this.#closed) throw new ClosedError(`The listener is closed: ${what} works only before close().`);
  }

  async #listen(backlog: number | undefined): Promise<void> {
    const file = typeof this.#address === "string" && process.platform !== "win32" ? resolve(this.#address) : undefined;
    try {
      await listenAt(this.#server, this.#address, backlog, () => this.#closed);
      if (file !== undefined) removeAtExit(file);
      this.#file = file;
      const bound = this.#server.address();
      if (typeof bound === "object" && bound !== null) this.#address = { host: bound.address, port: bound.port };
    } catch (error) {
      this.#failure = error instanceof ClosedError ? error : cantListen(this.#address, error);
      this.#accepts.retry();
      throw this.#failure;
    }
  }

  #greet(port: RemotePort): void {
    this.#halfOpen.add(port);
    const [oldest] = this.#halfOpen;
    if (oldest !== undefined && this.#halfOpen.size > MAX_HALF_OPEN) {
      this.#halfOpen.delete(oldest);
      oldest.cut();
    }
    void port.gone.then(() => this.#halfOpen.delete(port));
    void this.#admit(port);
  }

  // Off the way of those who wait to be accepted.
  async #admit(port: RemotePort): Promise<void> {
    const stopLimit = after(handshakeLimit.ms, () => port.cut());
    try {
      await admit(channel(port), this.#key);
      if (this.#closed) return port.cut();
      port.open();
      this.#halfOpen.delete(port);
      this.#passed.push(port);
      this.#accepts.retry();
    } catch {
      if (!this.#closed) this.#rejected++;
      port.release();
    } finally {
      stopLimit();
    }
  }

  #poll(wait: Wait): Promise<boolean> {
    const look = (): true | undefined => (this.#passed.length > 0 || this.#failure !== undefined ? true : undefined);
    return orLate(false, (tooLate) => this.#accepts.make({ wait, tooLate, look }));
  }
}

/**
 * Connects to a {@link Listener}, or to a CPython `multiprocessing.connection.Listener` of 3.12 or later that has a key.
 *
 * @param address a path or `{ host, port }`
 * @param options `authKey`; `timeout` in ms, default 10,000; `signal`
 * @throws {AuthenticationError} if either side does not know the other's key
 * @throws {StateError} if nobody listens there
 * @throws {TimeoutError} if the listener did not finish the handshake in time
 *
 * @example
 * ```ts
 * const conn = await Client("/run/user/1000/worker.sock", { authKey: "a long secret" });
 * await conn.send({ hello: "world" });
 * ```
 */
export async function Client<T = unknown>(address: Address, options: ClientOptions): Promise<Connection<T>> {
  const place = checkAddress(address, 1);
  const key = checkKey(options?.authKey);
  const { timeout, signal } = checkWait(options);
  const limit = options.timeout === undefined ? CLIENT_LIMIT : timeout;
  const stop = new AbortController();
  const tooLate = (): Error =>
    new TimeoutError(
      `The listener at ${textOf(place)} did not finish the handshake within ${limit} ms: it has no key, or accepts nobody at present.`,
    );
  try {
    return new Connection<T>(new Adopted(await within(meet(place, key, stop.signal), { timeout: limit, signal }, tooLate)));
  } finally {
    stop.abort();
  }
}

async function meet(address: Address, key: Uint8Array, signal: AbortSignal): Promise<RemotePort> {
  const socket = await dial(address, signal).catch((error: unknown) => {
    throw cantConnect(address, error);
  });
  const port = new RemotePort(socket);
  const cut = (): void => port.cut();
  signal.addEventListener("abort", cut, { once: true });
  try {
    await introduce(channel(port), key);
    port.open();
    return port;
  } catch (error) {
    port.release();
    if (error instanceof EOFError || error instanceof BrokenPipeError || error instanceof CorruptedError)
      throw new AuthenticationError(
        `The listener at ${textOf(address)} hung up, or broke the protocol, before it had proved to know the key.`,
        {
          cause: error,
        },
      );
    throw error;
  } finally {
    signal.removeEventListener("abort", cut);
  }
}

function channel(port: RemotePort): Channel {
  return {
    send: (bytes) => port.send({ bytes, refs: [] }, FOREVER),
    recv: async () => (await port.recv(FOREVER)).message.bytes,
  };
}

function removeAtExit(path: string): void {
  paths.add(path);
  if (watchesExit) return;
  watchesExit = true;
  process.on("exit", () => {
    for (const each of paths) remove(each);
  });
}

function checkKey(key: unknown): Uint8Array {
  if (typeof key !== "string" && !(key instanceof Uint8Array))
    throw new TypeError(`authKey must be a Uint8Array or a string that both sides know, received ${describe(key)}.`);
  const bytes = typeof key === "string" ? new TextEncoder().encode(key) : key.slice();
  if (bytes.length === 0) throw new RangeError("authKey is empty, so anybody could connect: use 32 random bytes.");
  return bytes;
}

function checkBacklog(backlog: unknown): number | undefined {
  if (backlog === undefined) return undefined;
  if (typeof backlog !== "number") throw new TypeError(`backlog must be a number of connections, received ${describe(backlog)}.`);
  if (!Number.isInteger(backlog) || backlog < 1) throw new RangeError(`backlog must be a whole number of 1 or more, received ${backlog}.`);
  return backlog;
}

function nobodyCame(): TimeoutError {
  return new TimeoutError("Nobody who knows the key connected in time.");
}
