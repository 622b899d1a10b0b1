import type { Server, Socket } from "node:net";
import { ClosedError, StateError } from "../errors/errors.ts";
import { restrict } from "../tree/folder.ts";
import { net } from "../util/lazy-modules.ts";
import { describe } from "../util/timing.ts";

/** Where a {@link Listener} is: the path of a Unix socket (on Windows, of a named pipe), or a host and a TCP port. */
export type Address = string | { readonly host: string; readonly port: number };

type Place = { readonly path: string } | { readonly host: string; readonly port: number };

// What the system's structure for a path has room for.
const MAX_PATH: number = process.platform === "darwin" ? 103 : 107;
const PIPE = /^\\\\[.?]\\pipe\\./i;
// A listener with many callers at once turns some away for a moment.
const AGAIN = 20;
const REFUSED_LIMIT = 500;

/** Checks an address; throws `TypeError` or `RangeError` with what is wrong. */
export function checkAddress(address: unknown, leastPort: number): Address {
  if (typeof address === "string") return checkPath(address);
  if (typeof address !== "object" || address === null || !("host" in address && "port" in address))
    throw new TypeError(`address must be a path or { host, port }, received ${describe(address)}.`);
  const { host, port } = address;
  if (typeof host !== "string") throw new TypeError(`address.host must be a string, received ${describe(host)}.`);
  if (typeof port !== "number") throw new TypeError(`address.port must be a number, received ${describe(port)}.`);
  if (host === "" || host.includes("\0"))
    throw new RangeError(`address.host must be a host's name or IP address, received ${describe(host)}.`);
  if (!Number.isInteger(port) || port < leastPort || port > 65_535)
    throw new RangeError(`address.port must be a whole number from ${leastPort} to 65535, received ${port}.`);
  return { host, port };
}

function checkPath(path: string): string {
  if (process.platform === "win32") {
    if (!PIPE.test(path))
      throw new RangeError(`On Windows the path must be a named pipe's (\\\\.\\pipe\\name), received ${describe(path)}.`);
    return path;
  }
  if (path === "") throw new RangeError("address must not be empty: give the path of a socket, or { host, port }.");
  if (path.includes("\0")) throw new RangeError("address must hold no NUL: sockets without a file can't be kept from other users.");
  if (path.startsWith("\\\\"))
    throw new RangeError(`Named pipes are Windows' alone: give the path of a Unix socket, received ${describe(path)}.`);
  const { length } = new TextEncoder().encode(path);
  if (length > MAX_PATH) throw new RangeError(`A socket's path has at most ${MAX_PATH} bytes, this one ${length}: use a shorter one.`);
  return path;
}

/** An address as text for messages. */
export function textOf(address: Address): string {
  return typeof address === "string" ? address : `${address.host}:${address.port}`;
}

// CPython's TCP is IPv4 unless told otherwise, so "localhost" must mean the same there and here.
async function find({ host, port }: { readonly host: string; readonly port: number }): Promise<Place> {
  const found = await process.getBuiltinModule("node:dns/promises").lookup(host, { all: true });
  const { address } = found.find(({ family }) => family === 4) ?? found[0] ?? { address: host };
  return { host: address, port };
}

/** Has the server listen; a Unix socket is its user's alone from its first moment. */
export async function listenAt(server: Server, address: Address, backlog: number | undefined, isClosed: () => boolean): Promise<void> {
  const place = typeof address === "string" ? { path: address } : await find(address);
  if (isClosed()) throw closedEarly();
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", reject);
    server.once("close", () => reject(closedEarly()));
    const umask = "path" in place ? privately() : undefined;
    try {
      server.listen({ ...place, ...(backlog === undefined ? {} : { backlog }) });
    } finally {
      if (umask !== undefined) process.umask(umask);
    }
  });
  if ("path" in place) restrict(place.path);
}

function closedEarly(): ClosedError {
  return new ClosedError("The listener was closed before it listened.");
}

function privately(): number | undefined {
  try {
    return process.umask(0o177);
  } catch {
    // Worker threads may not set it; the mode is set right after.
    return undefined;
  }
}

/** Connects; rejects if nobody listens, or with the signal's reason. */
export async function dial(address: Address, signal: AbortSignal): Promise<Socket> {
  const place = typeof address === "string" ? { path: address } : await find(address);
  const start = performance.now();
  for (;;) {
    signal.throwIfAborted();
    try {
      return await connected(place, signal);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const isBusy = code === "EAGAIN" || (code === "ECONNREFUSED" && "path" in place && performance.now() - start < REFUSED_LIMIT);
      if (!isBusy) throw error;
      await process.getBuiltinModule("node:timers/promises").setTimeout(AGAIN);
    }
  }
}

function connected(place: Place, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = net().connect(place);
    const abort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    socket.once("connect", () => {
      signal.removeEventListener("abort", abort);
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", (error) => {
      signal.removeEventListener("abort", abort);
      reject(error);
    });
    signal.addEventListener("abort", abort, { once: true });
  });
}

/** What a failed `listen` means to the caller. */
export function cantListen(address: Address, cause: unknown): Error {
  const text = textOf(address);
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code !== "EADDRINUSE") return new StateError(`Nothing can listen at ${text}: ${message}.`, { cause });
  const left = typeof address === "string" ? ", or was left by one that was killed (then remove the file first)" : "";
  return new StateError(`The address ${text} is in use by another listener${left}: choose another one.`, { cause });
}

/** What a failed `connect` means to the caller. */
export function cantConnect(address: Address, cause: unknown): Error {
  const text = textOf(address);
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ECONNREFUSED" || code === "ENOENT")
    return new StateError(`Nobody listens at ${text}: start the listener first, or check the address.`, { cause });
  return new StateError(`There is no way to ${text}: ${message}.`, { cause });
}
