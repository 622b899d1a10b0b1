import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { type Address, Client, EOFError, Queue, TimeoutError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isFilled, MIB, rejects, started, utf8 } from "../../suite/help.ts";
import { KEY, listening, overBoth, pair } from "./helpers.ts";
import { RawPeer } from "./raw-peer.ts";

export async function pour(address: Address, count: number, size: number, out: Queue<number>): Promise<void> {
  const conn = await Client(address, { authKey: KEY });
  for (let i = 0; i < count; i++) {
    await conn.sendBytes(new Uint8Array(size).fill(i));
    await out.put(i + 1);
  }
  conn.close();
}

export async function digestOf(address: Address): Promise<[number, string]> {
  const conn = await Client(address, { authKey: KEY });
  const bytes = await conn.recvBytes();
  await rejects(conn.recv(), EOFError);
  return [bytes.length, createHmac("sha256", "x").update(bytes).digest("hex")];
}

export async function sendAndEnd(address: Address): Promise<void> {
  const conn = await Client(address, { authKey: KEY });
  void conn.sendBytes(new Uint8Array(16 * MIB).fill(7));
  void conn.send("last");
}

/** A Listener uses no backend, so these cases run only once per runtime. */
export const only = "portable";

export const cases: Cases = {
  "unread messages stay with their sender, and all arrive when they are read": slow(() =>
    overBoth(async (listener) => {
      const [count, size] = [100, MIB];
      const out = new Queue<number>();
      const child = await started({ target: pour, args: [listener.address, count, size, out] });
      const conn = await listener.accept({ timeout: 20_000 });
      let sent = 0;
      const follow = async (): Promise<void> => {
        for (
          let n = await out.get({ timeout: 500 }).catch(() => undefined);
          n !== undefined;
          n = await out.get({ timeout: 500 }).catch(() => undefined)
        )
          sent = n;
      };
      await follow();
      assert.ok(sent < 20, `${sent} MiB were taken though nobody read them`);
      assert.equal(await conn.poll(), true);
      for (let i = 0; i < count; i++) {
        const bytes = await conn.recvBytes();
        assert.ok(isFilled(bytes, size, i), `message ${i}`);
      }
      await rejects(conn.recv(), EOFError);
      await child.join();
      conn.close();
    }),
  ),
  "send: a timeout or abort ends the wait in time; a message of which a part is sent goes out whole": async () => {
    const listener = await listening();
    const raw = await RawPeer.client(listener.address);
    raw.socket.pause();
    const conn = await listener.accept();
    const begun = performance.now();
    const large = await rejects(conn.sendBytes(new Uint8Array(8 * MIB), 0, undefined, { timeout: 200 }), TimeoutError, /part/);
    assert.equal((large as TimeoutError).mayHaveHappened, true, "a part of it is sent");
    assert.ok(performance.now() - begun < 1500, "it ends in time, although the peer does not read");
    await rejects(conn.send("late", { timeout: 50 }), TimeoutError);
    await rejects(conn.send("late", { timeout: 0 }), TimeoutError);
    const abort = new AbortController();
    const reason = new Error("enough");
    const given = conn.send("late", { signal: abort.signal });
    const last = conn.sendBytes(utf8("last"));
    abort.abort(reason);
    await assert.rejects(given, reason);
    assert.equal(((await rejects(conn.send("late", { timeout: 20 }), TimeoutError)) as TimeoutError).mayHaveHappened, undefined);
    raw.socket.resume();
    assert.equal((await raw.recv())?.length, 8 * MIB);
    assert.equal(String(await raw.recv()), "last");
    await last;
    raw.socket.destroy();
    conn.close();
    listener.close();
  },
  "close() delivers accepted sends, also when much is unread": slow(() =>
    overBoth(async (listener) => {
      const child = await started({ target: digestOf, args: [listener.address] });
      const conn = await listener.accept({ timeout: 20_000 });
      const bytes = randomBytes(16 * MIB);
      const sent = conn.sendBytes(bytes);
      conn.close();
      assert.equal(conn.closed, true);
      await sent;
      assert.deepEqual(await child.result({ timeout: 20_000 }), [bytes.length, createHmac("sha256", "x").update(bytes).digest("hex")]);
      await child.join();
      const [client, end] = await pair(listener);
      const unread = client.sendBytes(new Uint8Array(100));
      await unread;
      await end.send("the last word");
      end.close();
      assert.equal(await client.recv(), "the last word");
      await rejects(client.recv(), EOFError);
      client.close();
    }),
  ),
  "a process that ends normally delivers its sends first": slow(() =>
    overBoth(async (listener) => {
      const child = await started({ target: sendAndEnd, args: [listener.address] });
      const conn = await listener.accept({ timeout: 20_000 });
      // The target has returned, so the process would end now.
      await child.result({ timeout: 20_000 });
      const bytes = await conn.recvBytes();
      assert.ok(isFilled(bytes, 16 * MIB, 7));
      assert.equal(await conn.recv(), "last");
      await rejects(conn.recv(), EOFError);
      assert.equal(await child.join(), 0);
      conn.close();
    }),
  ),
};
