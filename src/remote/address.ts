import { platform } from "../runtime/platform.ts";
import { describe } from "../util/describe.ts";
import { refuseUnknown } from "../util/known-options.ts";

/** The address of a {@link Listener}: the path of a Unix socket (on Windows, of a named pipe), or a host and a TCP port. */
export type Address = string | { readonly host: string; readonly port: number };

/** An address as `node:net` takes it. A host is an IP address. */
export type SocketAddress = { readonly path: string } | { readonly host: string; readonly port: number };

const NAMED_PIPE = /^\\\\[.?]\\pipe\\./i;

/** Checks an address. Throws `TypeError` or `RangeError`; the message says what is wrong. */
export function checkAddress(address: unknown, leastPort: number): Address {
  if (typeof address === "string") return checkPath(address);
  if (typeof address !== "object" || address === null || !("host" in address && "port" in address))
    throw new TypeError(`address must be a path or { host, port }, received ${describe(address)}.`);
  refuseUnknown(address, ["host", "port"], "an address");
  const { host, port } = address;
  if (typeof host !== "string") throw new TypeError(`address.host must be a string, received ${describe(host)}.`);
  if (typeof port !== "number") throw new TypeError(`address.port must be a number, received ${describe(port)}.`);
  if (host === "" || host.includes("\0"))
    throw new RangeError(`address.host must be the name or the IP address of a host, received ${describe(host)}.`);
  if (!Number.isInteger(port) || port < leastPort || port > 65_535)
    throw new RangeError(`address.port must be a whole number from ${leastPort} to 65535, received ${port}.`);
  return { host, port };
}

function checkPath(path: string): string {
  if (!platform.hasSocketFiles) {
    if (!NAMED_PIPE.test(path))
      throw new RangeError(`On Windows the path must be that of a named pipe (\\\\.\\pipe\\name), received ${describe(path)}.`);
    return path;
  }
  if (path === "") throw new RangeError("address must not be empty: give the path of a socket, or { host, port }.");
  if (path.includes("\0")) throw new RangeError("address must not contain NUL: a socket without a file can't be kept from other users.");
  if (path.startsWith("\\\\"))
    throw new RangeError(`Named pipes exist only on Windows: give the path of a Unix socket, received ${describe(path)}.`);
  const { length } = new TextEncoder().encode(path);
  if (length > platform.longestSocketPath)
    throw new RangeError(`A socket's path has at most ${platform.longestSocketPath} bytes, and this one has ${length}: use a shorter one.`);
  return path;
}

/** Returns an address as text for error messages. */
export function textOf(address: Address): string {
  return typeof address === "string" ? address : `${address.host}:${address.port}`;
}

/** Looks the host up. IPv4 is preferred, as in CPython, so that "localhost" means the same address in both. */
export async function resolveAddress(address: Address): Promise<SocketAddress> {
  if (typeof address === "string") return { path: address };
  const { host, port } = address;
  const found = await process.getBuiltinModule("node:dns/promises").lookup(host, { all: true });
  const best = found.find(({ family }) => family === 4) ?? found[0] ?? { address: host };
  return { host: best.address, port };
}
