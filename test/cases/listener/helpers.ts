import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Address, Client, type Connection, Listener } from "../../../mod.ts";
import { until } from "../helpers/signals.ts";

export const KEY = "a key that both sides know";

export let paths = 0;

/** A new path for a socket; on Windows, the name of a named pipe. */
export function newPath(): string {
  const name = `listener-${paths++}`;
  return process.platform === "win32" ? `\\\\.\\pipe\\${process.pid}-${name}` : join(tmpdir(), name);
}

export const LOCAL: Address = { host: "127.0.0.1", port: 0 };

export async function listening(address: Address = newPath()): Promise<Listener> {
  const listener = new Listener({ address, authKey: KEY });
  await listener.ready;
  return listener;
}

/** Runs a case over a Unix socket, then over TCP. */
export async function overBoth(run: (listener: Listener) => Promise<void>): Promise<void> {
  for (const address of [newPath(), LOCAL]) {
    const listener = await listening(address);
    await run(listener);
    listener.close();
  }
}

/** Connects a client, and gives its end and the listener's. */
export async function pair(listener: Listener): Promise<[Connection, Connection]> {
  const client = await Client(listener.address, { authKey: KEY });
  return [client, await listener.accept({ timeout: 5000 })];
}

/** Waits until the listener has turned away this many peers. */
export async function rejected(listener: Listener, count: number): Promise<void> {
  await until(() => listener.rejected >= count);
  assert.equal(listener.rejected, count);
}

export async function sayHello(address: Address, key: string): Promise<void> {
  const conn = await Client(address, { authKey: key });
  await conn.send("hello");
  conn.close();
}

export async function echo(address: Address): Promise<void> {
  const conn = await Client(address, { authKey: KEY });
  for (;;) {
    const bytes = await conn.recvBytes();
    if (bytes.length === 3 && bytes.every((byte) => byte === 255)) break;
    await conn.sendBytes(bytes);
  }
  conn.close();
}
