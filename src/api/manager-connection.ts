import type { Incoming, Message } from "../backend/contract/message.ts";
import { ClosedError, OwnerDiedError, TimeoutError, UnsupportedError } from "../errors/errors.ts";
import { closedMeanwhile } from "../errors/messages.ts";
import { DIRECTORY, type ForeignPort, frameOf, partsOfFrame } from "../manager/foreign.ts";
import { checkDetails, type ManagedObject, makeProxy } from "../manager/managed-object.ts";
import { openReply, Status } from "../manager/outcome.ts";
import { packLent } from "../objects/message.ts";
import { type Address, textOf } from "../remote/address.ts";
import { asKept } from "../util/bytes.ts";
import { describe } from "../util/describe.ts";
import { unheld } from "../util/event-loop.ts";
import { PendingCalls } from "../util/pending-calls.ts";
import { checkWait, FOREVER, type Wait, type WaitOptions } from "../util/wait-options.ts";
import { Client } from "./client.ts";
import type { Connection } from "./connection.ts";

/** Options of {@link Manager.connect}. Its `timeout` has a default of 10,000 ms. */
export interface ConnectOptions extends WaitOptions {
  /** The manager's key: bytes, or a string that stands for its UTF-8 bytes. */
  readonly authKey: Uint8Array | string;
}

/**
 * A connection to a {@link Manager} of another program. {@link Manager.connect} makes it.
 *
 * @example
 * ```ts
 * const address = { host: "127.0.0.1", port: 0 };
 * await using manager = new Manager({ address, authKey: "a long secret" });
 * await manager.expose("jobs", await manager.list(["a"]));
 * using remote = await Manager.connect(manager.address ?? "", { authKey: "a long secret" });
 * const jobs = await remote.get<SharedList<string>>("jobs");
 * console.log(await jobs.pop()); // a
 * ```
 */
export class ManagerConnection {
  readonly #channel: Channel;

  private constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** @internal */
  static async open(address: Address, options: ConnectOptions): Promise<ManagerConnection> {
    return new ManagerConnection(new Channel(await Client(address, options), address));
  }

  /**
   * Returns a proxy of an object that the manager exposes: a {@link SharedDict}, {@link SharedList}, {@link SharedSet}, {@link Namespace} or
   * {@link Remote}. It can't be sent to other processes.
   *
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @throws {RangeError} if no object of this name is exposed
   * @throws {OwnerDiedError} if the manager is gone; {@link ClosedError} after `close()`
   */
  async get<T extends object = ManagedObject>(name: string, options?: WaitOptions): Promise<T> {
    if (typeof name !== "string") throw new TypeError(`A name must be a string, received ${describe(name)}.`);
    const { status, value } = await this.#channel.ask([name, "find"], checkWait(options));
    if (status === Status.error) throw value;
    return this.#channel.proxy(value) as object as T;
  }

  /** Closes the connection. Pending and later calls of its proxies reject with {@link ClosedError}. A second call does nothing. */
  close(): void {
    this.#channel.close();
  }

  /** Calls `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** The calls that share a connection. */
class Channel {
  readonly #conn: Connection;
  readonly #address: Address;
  readonly #calls = new PendingCalls<Incoming>();
  #gone: (() => Error) | undefined;
  #isReceiving = false;

  constructor(conn: Connection, address: Address) {
    this.#conn = conn;
    this.#address = address;
  }

  /** Calls a method of the directory. */
  async ask(call: readonly unknown[], wait: Wait): Promise<{ readonly status: number; readonly value: unknown }> {
    const outcome = await this.call(this, DIRECTORY, packLent(call, "name").bytes, wait, openReply);
    if (outcome === undefined) throw this.#late();
    return outcome;
  }

  call<T>(owner: object, object: number, bytes: Uint8Array, wait: Wait, accept: (reply: Incoming) => T): Promise<T | undefined> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone());
    const { id, result } = this.#calls.add(owner, wait, accept);
    this.#conn.sendBytes(frameOf([id, object], bytes)).catch((error: unknown) => this.#calls.reject(id, error));
    void this.#receive();
    return result;
  }

  /** Makes the proxy of an object that a reply names. */
  proxy(named: unknown): ManagedObject {
    const { object, details } = (named ?? {}) as { readonly object?: unknown; readonly details?: unknown };
    return makeProxy(new ChannelPort(this, Number(object)), checkDetails(details));
  }

  withdraw(owner: object, reason: () => Error): void {
    this.#calls.withdraw(owner, reason);
  }

  drop(object: number): void {
    if (this.#gone === undefined) void this.call(this, DIRECTORY, packLent([object, "drop"], "").bytes, FOREVER, () => {}).catch(() => {});
  }

  close(): void {
    this.#end(() => new ClosedError("The connection to the manager is closed in this process: connect again."));
    this.#conn.close();
  }

  // Receives replies for as long as any is to come. Only calls that wait keep the program alive.
  async #receive(): Promise<void> {
    if (this.#isReceiving) return;
    this.#isReceiving = true;
    try {
      while (this.#calls.size > 0) {
        const { numbers, bytes } = partsOfFrame(await unheld(() => this.#conn.recvBytes()), 1);
        this.#calls.settle(numbers[0] ?? 0, { message: { bytes: asKept(bytes), refs: [] }, lent: false, settle: () => {} });
      }
    } catch (cause) {
      this.#end(() => new OwnerDiedError(`The manager at ${textOf(this.#address)} is gone: connect again when it is back.`, { cause }));
    } finally {
      this.#isReceiving = false;
    }
  }

  #end(reason: () => Error): void {
    this.#gone ??= reason;
    this.#calls.fail(this.#gone);
  }

  #late(): TimeoutError {
    return new TimeoutError(`The manager at ${textOf(this.#address)} did not reply in time: it may compute, or be stopped.`);
  }
}

/** A port to one object behind a connection. */
class ChannelPort implements ForeignPort {
  readonly attached: Promise<void> = Promise.resolve();
  readonly #channel: Channel;
  readonly #object: number;

  constructor(channel: Channel, object: number) {
    this.#channel = channel;
    this.#object = object;
  }

  call<T>(message: Message, wait: Wait, accept: (reply: Incoming) => T): Promise<T | undefined> {
    if (message.refs.length > 0) return Promise.reject(staysInside("A shared object"));
    return this.#channel.call(this, this.#object, message.bytes, wait, accept);
  }

  proxy(named: unknown): ManagedObject {
    return this.#channel.proxy(named);
  }

  share(): never {
    throw staysInside("An object of Manager.connect()");
  }

  again(): never {
    throw staysInside("An object of Manager.connect()");
  }

  withdraw(reason: () => Error): void {
    this.#channel.withdraw(this, reason);
  }

  release(): void {
    this.withdraw(() => closedMeanwhile("managed object"));
    this.#channel.drop(this.#object);
  }
}

function staysInside(what: string): UnsupportedError {
  return new UnsupportedError(`${what} can't be sent over a connection between process trees: let each program connect by itself.`);
}
