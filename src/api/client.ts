import { AuthenticationError, BrokenPipeError, CorruptedError, EOFError, TimeoutError } from "../errors/errors.ts";
import { needingFilesLater } from "../objects/unclosed.ts";
import { type Address, checkAddress, textOf } from "../remote/address.ts";
import { cantConnect, dial } from "../remote/dial.ts";
import { introduce } from "../remote/handshake.ts";
import { RemotePort } from "../remote/port.ts";
import { describe } from "../util/describe.ts";
import { optionNames, refuseUnknown } from "../util/known-options.ts";
import { checkWait, WAIT_OPTIONS, type WaitOptions } from "../util/wait-options.ts";
import { LATE, within } from "../util/within.ts";
import { checkAuthKey } from "./auth-key.ts";
import { Connection } from "./connection.ts";

/**
 * The default timeout of `Client`, in milliseconds. It is long, because CPython's listener makes its callers wait until it accepts them.
 */
const DEFAULT_TIMEOUT = 10_000;

/** Options of {@link Client}. Its `timeout` has a default of 10,000 ms. */
export interface ClientOptions extends WaitOptions {
  /** The listener's key: bytes, or a string that stands for its UTF-8 bytes. */
  readonly authKey: Uint8Array | string;
}

const CLIENT_OPTIONS = [...WAIT_OPTIONS, ...optionNames<Omit<ClientOptions, keyof WaitOptions>>({ authKey: true })];

/**
 * Connects to a {@link Listener}, or to a CPython `multiprocessing.connection.Listener` of 3.12 or later that has a key.
 *
 * @param address the path of a socket, or `{ host, port }`
 * @param options `authKey`; `timeout` in ms, default 10,000; `signal`
 * @throws {AuthenticationError} if the two sides do not have the same key
 * @throws {StateError} if no process listens at the address, or if it can't be reached
 * @throws {TimeoutError} if the listener did not finish the handshake in time
 * @throws {TypeError} for an address, a key or options of a wrong type
 * @throws {RangeError} for an empty key, or for an address that is not valid
 *
 * @example
 * ```ts
 * const authKey = "a long secret";
 * const listener = new Listener({ address: { host: "127.0.0.1", port: 0 }, authKey });
 * await listener.ready;
 * const conn = await Client(listener.address, { authKey });
 * await conn.send({ hello: "world" });
 * console.log(await (await listener.accept()).recv()); // { hello: "world" }
 * listener.close();
 * ```
 */
export async function Client<T = unknown>(address: Address, options: ClientOptions): Promise<Connection<T>> {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`Client takes an address and { authKey, timeout?, signal? }, received ${describe(options)}.`);
  refuseUnknown(options, CLIENT_OPTIONS, "Client");
  const checked = checkAddress(address, 1);
  const key = checkAuthKey(options.authKey);
  const { timeout, signal } = checkWait(options, CLIENT_OPTIONS);
  const limit = options.timeout === undefined ? DEFAULT_TIMEOUT : timeout;
  const stop = new AbortController();
  try {
    const port = await within(meet(checked, key, stop.signal), { timeout: limit, signal });
    if (port !== LATE) return Connection.adopt<T>(port);
    throw new TimeoutError(
      `The listener at ${textOf(checked)} did not finish the handshake within ${limit} ms: it has no key, or accepts no connection at present.`,
    );
  } finally {
    stop.abort();
  }
}

async function meet(address: Address, key: Uint8Array, signal: AbortSignal): Promise<RemotePort> {
  const socket = await needingFilesLater(() =>
    dial(address, signal).catch((error: unknown) => {
      throw cantConnect(address, error);
    }),
  );
  const port = new RemotePort(socket);
  const cut = (): void => port.cut();
  signal.addEventListener("abort", cut, { once: true });
  try {
    await introduce(port.handshake, key);
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
