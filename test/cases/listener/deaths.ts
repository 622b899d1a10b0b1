import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { type Address, BrokenPipeError, Client, EOFError, Listener, Queue, StateError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isFilled, MIB, rejects, started, utf8 } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";
import { fallenAsleep } from "../helpers/signals.ts";
import { KEY, listening, newPath, overBoth } from "./helpers.ts";
import { RawPeer } from "./raw-peer.ts";

export async function listenAndHang(path: string, out: Queue<string>): Promise<void> {
  await listening(path);
  await out.put("listening");
  await stay();
}

export async function connectAndHang(address: Address): Promise<void> {
  const conn = await Client(address, { authKey: KEY });
  await conn.send("here");
  await stay();
}

export async function sendPartAndHang(address: Address): Promise<void> {
  const conn = await Client(address, { authKey: KEY });
  await conn.send("here");
  void conn.sendBytes(new Uint8Array(64 * MIB));
  await stay();
}

/** A Listener uses no backend, so these cases run only once per runtime. */
export const only = "portable";

export const cases: Cases = {
  "a path left by a killed listener is an error that says so": slow(async () => {
    const path = newPath();
    const out = new Queue<string>();
    const child = await started({ target: listenAndHang, args: [path, out] });
    await out.get();
    child.kill();
    await child.join();
    assert.ok(existsSync(path));
    await rejects(Client(path, { authKey: KEY }), StateError, /Nobody listens/);
    const listener = new Listener({ address: path, authKey: KEY });
    await rejects(listener.ready, StateError, /remove the file/);
    listener.close();
    assert.ok(existsSync(path), "what is not ours stays");
    rmSync(path);
    (await listening(path)).close();
  }),
  "a peer is killed: EOF, a message cut off, broken pipe": slow(() =>
    overBoth(async (listener) => {
      const child = await started({ target: connectAndHang, args: [listener.address] });
      const conn = await listener.accept({ timeout: 20_000 });
      assert.equal(await conn.recv(), "here");
      const receiving = conn.recv();
      child.kill();
      await rejects(receiving, EOFError);
      await rejects(conn.send(1), BrokenPipeError);
      await child.join();
      conn.close();
      const other = await started({ target: sendPartAndHang, args: [listener.address] });
      const end = await listener.accept({ timeout: 20_000 });
      assert.equal(await end.recv(), "here");
      // Its message fills the socket, because no process reads it.
      await fallenAsleep(other);
      const stuck = end.sendBytes(new Uint8Array(64 * MIB));
      other.kill();
      await rejects(stuck, BrokenPipeError);
      await other.join();
      end.close();
    }),
  ),
  "a death in the middle of a message says how much came": async () => {
    const listener = await listening();
    const raw = await RawPeer.client(listener.address);
    const conn = await listener.accept();
    const receiving = conn.recvBytes();
    await raw.write(new Uint8Array([0, 16, 0, 0, ...new Uint8Array(MIB / 2)]));
    raw.socket.destroy();
    const error = (await rejects(receiving, EOFError)) as EOFError;
    assert.equal(error.bytesExpected, MIB);
    assert.ok((error.bytesArrived ?? MIB) < MIB && (error.bytesArrived ?? 0) > 0);
    conn.close();
    listener.close();
  },
  "a connection that breaks while messages are unread loses none of them silently": async () => {
    const listener = await listening();
    const raw = await RawPeer.client(listener.address);
    const conn = await listener.accept();
    for (let i = 0; i < 3; i++) raw.send(new Uint8Array(65_536).fill(i));
    assert.equal(await conn.poll(5000), true, "the first message came");
    raw.socket.destroy();
    await raw.closed;
    await rejects(
      (async () => {
        for (let i = 0; i < 50; i++) await conn.sendBytes(utf8("x"));
      })(),
      BrokenPipeError,
    );
    const ends: unknown[] = [];
    let count = 0;
    for (; ends.length === 0; count++) {
      const bytes = await conn.recvBytes().catch((error: unknown) => void ends.push(error));
      if (bytes !== undefined) assert.ok(isFilled(bytes, 65_536, count), `message ${count}`);
    }
    assert.ok(ends[0] instanceof EOFError);
    assert.ok(count > 1, "what had come is there");
    assert.ok(count - 1 === 3 || ends[0].bytesExpected !== undefined, `${count - 1} came, and the end looks like a good one`);
    await rejects(conn.recv(), EOFError, /all that was sent/);
    conn.close();
    listener.close();
  },
};
