import type { Server } from "node:net";
import { resolve } from "node:path";
import { markLocal } from "../codec/shared-mark.ts";
import { ClosedError } from "../errors/errors.ts";
import { closedMeanwhile, nobodyConnected } from "../errors/messages.ts";
import { makeRoom, needingFilesLater } from "../objects/unclosed.ts";
import { makeWaitable } from "../objects/waitable.ts";
import { type Address, checkAddress } from "../remote/address.ts";
import { admit } from "../remote/handshake.ts";
import { handshakeLimit } from "../remote/handshake-limit.ts";
import { cantListen, listenAt } from "../remote/listen.ts";
import { RemotePort } from "../remote/port.ts";
import { runtime } from "../runtime/current.ts";
import { platform } from "../runtime/platform.ts";
import { remove } from "../tree/folder.ts";
import { Attempts } from "../util/attempts.ts";
import { afterIdle } from "../util/deadline.ts";
import { describe } from "../util/describe.ts";
import { optionNames, refuseUnknown } from "../util/known-options.ts";
import { net } from "../util/lazy-modules.ts";
import { checkWait, type Wait, type WaitOptions } from "../util/wait-options.ts";
import { checkAuthKey } from "./auth-key.ts";
import { Connection } from "./connection.ts";

// The largest number of peers in the handshake at one time. If one more comes, the oldest is cut off, so that strangers can't use up
// memory.
const MAX_HALF_OPEN = 128;

/** Options of a {@link Listener}. */
export interface ListenerOptions {
  /** The path of a Unix socket (a named pipe on Windows), or `{ host, port }`. Port 0 takes a free port. */
  readonly address: Address;
  /** The key that both sides must have: bytes, or a string that stands for its UTF-8 bytes. */
  readonly authKey: Uint8Array | string;
  /** The number of connections that the system queues until this process accepts them. Default: the runtime's, about 500. */
  readonly backlog?: number;
}

const LISTENER_OPTIONS = optionNames<ListenerOptions>({ address: true, authKey: true, backlog: true });

// The socket files that this process removes when it ends.
const paths = new Set<string>();
let watchesExit = false;

/**
 * Accepts connections from processes outside of this process tree: from other programs that use this library, and from CPython's
 * `multiprocessing.connection`, version 3.12 or later. Each side proves that it knows the key before anything else is read. The messages
 * themselves are neither encrypted nor signed.
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
  /** Resolves once the listener listens. Rejects with `StateError` if it can't, for instance because the address is in use. */
  readonly ready: Promise<void>;
  readonly #server: Server;
  readonly #key: Uint8Array;
  readonly #halfOpen = new Set<RemotePort>();
  readonly #passed: RemotePort[] = [];
  readonly #accepts = new Attempts(() => {});
  // The path of the socket's file, once this listener has made it.
  #file: string | undefined;
  #address: Address;
  #rejected = 0;
  #closed = false;
  #failure: Error | undefined;

  /**
   * Makes a listener. It begins to listen at once; {@link Listener.ready} tells when it does.
   *
   * @param options `address`, `authKey`, `backlog`: see {@link ListenerOptions}
   * @throws {TypeError} for an option of a wrong type
   * @throws {RangeError} for an empty key, or for an address or a backlog that is not valid
   */
  constructor(options: ListenerOptions) {
    if (typeof options !== "object" || options === null)
      throw new TypeError(`A Listener takes { address, authKey, backlog? }, received ${describe(options)}.`);
    refuseUnknown(options, LISTENER_OPTIONS, "a Listener");
    markLocal(this, "a Listener", "pass the connections that it accepts");
    this.#address = checkAddress(options.address, 0);
    this.#key = checkAuthKey(options.authKey);
    const backlog = checkBacklog(options.backlog);
    this.#server = net().createServer((socket) => this.#greet(new RemotePort(socket)));
    // This event says that the system could not accept one connection. That peer has to try again; the listener goes on.
    this.#server.on("error", () => {});
    this.#server.unref();
    this.ready = this.#listen(backlog);
    this.ready.catch(() => {});
    makeWaitable(this, () => {
      this.#check("wait");
      return { poll: (wait) => this.#poll(wait) };
    });
  }

  /** The listener's address. Once it is ready, this has the real host and port, also if port 0 was asked for. */
  get address(): Address {
    return this.#address;
  }

  /** The number of peers that were turned away, because they did not prove in time that they know the key. */
  get rejected(): number {
    return this.#rejected;
  }

  /**
   * Waits for the next connection from a peer that has proved that it knows the key, and returns the connection.
   *
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @throws {TimeoutError} if no such peer connected in time
   * @throws {ClosedError} after `close()`, also if `close()` is called during the wait
   * @throws {StateError} if the listener can't listen at its address
   */
  async accept<T = unknown>(options?: WaitOptions): Promise<Connection<T>> {
    this.#check("accept()");
    const look = (): RemotePort | undefined => {
      if (this.#failure !== undefined) throw this.#failure;
      return this.#passed.shift();
    };
    const port = await this.#accepts.make({ wait: checkWait(options), look });
    if (port === undefined) throw nobodyConnected();
    return Connection.adopt<T>(port);
  }

  /**
   * Stops listening, and removes the file of a Unix socket. Pending accepts reject with `ClosedError`. Accepted connections stay open. A
   * second call does nothing.
   */
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
    this.#accepts.withdraw(() => closedMeanwhile("listener"));
  }

  /** Iterates over the accepted connections until `close()`. `break` leaves the listener open. */
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

  /** Calls `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #check(what: string): void {
    if (this.#closed) throw new ClosedError(`The listener is closed: ${what} works only before close().`);
  }

  async #listen(backlog: number | undefined): Promise<void> {
    const file = typeof this.#address === "string" && platform.hasSocketFiles ? resolve(this.#address) : undefined;
    try {
      await needingFilesLater(() =>
        listenAt(this.#server, this.#address, backlog, () => this.#closed).catch((error: unknown) => {
          throw error instanceof ClosedError ? error : cantListen(this.#address, error);
        }),
      );
      if (file !== undefined) removeAtExit(file);
      this.#file = file;
      const bound = this.#server.address();
      if (typeof bound === "object" && bound !== null) this.#address = { host: bound.address, port: bound.port };
    } catch (error) {
      this.#failure = error as Error;
      this.#accepts.retry();
      throw error;
    }
  }

  #greet(port: RemotePort): void {
    makeRoom();
    this.#halfOpen.add(port);
    const [oldest] = this.#halfOpen;
    if (oldest !== undefined && this.#halfOpen.size > MAX_HALF_OPEN) {
      this.#halfOpen.delete(oldest);
      oldest.cut();
    }
    void port.gone.then(() => this.#halfOpen.delete(port));
    void this.#admit(port);
  }

  // Each handshake runs by itself, so that a slow peer keeps no other peer from being accepted.
  async #admit(port: RemotePort): Promise<void> {
    const stopLimit = afterIdle(handshakeLimit.ms, () => port.cut());
    try {
      await admit(port.handshake, this.#key);
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

  async #poll(wait: Wait): Promise<boolean> {
    if (this.#closed) throw closedMeanwhile("listener");
    const look = (): true | undefined => (this.#passed.length > 0 || this.#failure !== undefined ? true : undefined);
    return (await this.#accepts.make({ wait, look })) === true;
  }
}

function removeAtExit(path: string): void {
  paths.add(path);
  if (watchesExit) return;
  watchesExit = true;
  runtime.onExit(() => {
    for (const each of paths) remove(each);
  });
}

function checkBacklog(backlog: unknown): number | undefined {
  if (backlog === undefined) return undefined;
  if (typeof backlog !== "number") throw new TypeError(`backlog must be a number of connections, received ${describe(backlog)}.`);
  if (!Number.isInteger(backlog) || backlog < 1) throw new RangeError(`backlog must be a whole number of 1 or more, received ${backlog}.`);
  return backlog;
}
