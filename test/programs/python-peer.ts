// Our side of python.test.ts: python-peer.ts listen|connect ADDRESS, an address in JSON; python_peer.py has the same sizes.
import assert from "node:assert/strict";
import { type Address, Client, type Connection, EOFError, Listener, SerializationError } from "../../mod.ts";

const SIZES = [0, 1, 100, 16384, 65537, 16 << 20];
const KEY = "the right key";

const say = (what: object): void => console.log(JSON.stringify(what));
const message = (size: number): Uint8Array => new Uint8Array(size).map((_, i) => i % 251);

async function exchange(conn: Connection): Promise<void> {
  for (const size of SIZES) {
    const sent = conn.sendBytes(message(size));
    assert.equal(Buffer.compare(await conn.recvBytes(), message(size)), 0, `${size} bytes`);
    await sent;
  }
  for (const _ of SIZES) await conn.sendBytes(await conn.recvBytes());
  await assert.rejects(conn.recv(), SerializationError);
  assert.equal(new TextDecoder().decode(await conn.recvBytes()), "after it");
  conn.close();
}

async function listen(address: Address): Promise<void> {
  const listener = new Listener({ address, authKey: KEY });
  await listener.ready;
  say({ address: listener.address });
  for await (const conn of listener) {
    if (await conn.poll(300)) {
      const error = await conn.recvBytes().catch((reason: unknown) => reason);
      if (error instanceof EOFError) {
        say({ cut: [error.bytesArrived, error.bytesExpected] });
        continue;
      }
      throw new Error("the other side was to wait for us");
    }
    await exchange(conn);
    break;
  }
  say({ rejected: listener.rejected });
  listener.close();
}

async function call(address: Address): Promise<void> {
  const wrong = await Client(address, { authKey: "the wrong key" }).catch((error: Error) => error.name);
  await exchange(await Client(address, { authKey: KEY }));
  say({ wrong });
}

const [role, address = ""] = process.argv.slice(2);
await (role === "listen" ? listen : call)(JSON.parse(address) as Address);
