// The side of polyproc in python.test.ts. The other side is python_peer.py, which has the same sizes.
import assert from "node:assert/strict";
import { type Address, Client, type Connection, EOFError, Listener, SerializationError } from "../../mod.ts";
import { choice, readArguments, text } from "../../tools/arguments.ts";

const SIZES = [0, 1, 100, 16384, 65537, 16 << 20];
const KEY = "the right key";

const print = (values: object): void => console.log(JSON.stringify(values));
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
  print({ address: listener.address });
  for await (const conn of listener) {
    if (await conn.poll(300)) {
      const error = await conn.recvBytes().catch((reason: unknown) => reason);
      if (error instanceof EOFError) {
        print({ cut: [error.bytesArrived, error.bytesExpected] });
        continue;
      }
      throw new Error("the other side sent a message before it was its turn");
    }
    await exchange(conn);
    break;
  }
  print({ rejected: listener.rejected });
  listener.close();
}

async function connect(address: Address): Promise<void> {
  const wrong = await Client(address, { authKey: "the wrong key" }).catch((error: Error) => error.name);
  await exchange(await Client(address, { authKey: KEY }));
  print({ wrong });
}

const { role, address } = readArguments("python-peer.ts", { role: choice(["listen", "connect"], "listen"), address: text("") });
await (role === "listen" ? listen : connect)(JSON.parse(address) as Address);
