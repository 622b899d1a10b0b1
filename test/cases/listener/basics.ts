import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { Client, EOFError, Listener, StateError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { MIB, pattern, rejects, started, utf8 } from "../../suite/help.ts";
import { echo, KEY, listening, newPath, overBoth, pair, sayHello } from "./helpers.ts";

/** A Listener uses no backend, so these cases run only once per runtime. */
export const only = "portable";

export const cases: Cases = {
  "a process connects and says hello, over a path and TCP (test_listener_client)": slow(() =>
    overBoth(async (listener) => {
      const child = await started({ target: sayHello, args: [listener.address, KEY] });
      const conn = await listener.accept<string>({ timeout: 20_000 });
      assert.equal(await conn.recv(), "hello");
      await rejects(conn.recv(), EOFError);
      conn.close();
      assert.equal(await child.join(), 0);
    }),
  ),
  "values keep their types, bytes of any size come back": slow(() =>
    overBoth(async (listener) => {
      const child = await started({ target: echo, args: [listener.address] });
      const conn = await listener.accept({ timeout: 20_000 });
      const value = { big: 10n ** 30n, map: new Map([[1, new Set(["x"])]]), at: new Date(5), bytes: utf8("é"), none: undefined, zero: -0 };
      await conn.send(value);
      assert.deepEqual(await conn.recv(), value);
      for (const size of [0, 1, 16_383, 16_384, 65_536, 100_000, 16 * MIB]) {
        const bytes = pattern(size);
        const sent = conn.sendBytes(bytes);
        const back = await conn.recvBytes();
        await sent;
        assert.equal(Buffer.compare(back, bytes), 0, `${size} bytes`);
        assert.equal(back.constructor, Uint8Array);
      }
      const many = Array.from({ length: 500 }, (_, i) => new Uint8Array(i).fill(i));
      await Promise.all(many.map((bytes) => conn.sendBytes(bytes)));
      for (const bytes of many) assert.deepEqual(await conn.recvBytes(), bytes);
      await conn.sendBytes(new Uint8Array(3).fill(255));
      await rejects(conn.recv(), EOFError);
      assert.equal(await child.join(), 0);
      conn.close();
    }),
  ),
  "two listeners at one address: the second is refused, the first keeps working (test_multiple_bind)": () =>
    overBoth(async (listener) => {
      const second = new Listener({ address: listener.address, authKey: KEY });
      await rejects(second.ready, StateError, /in use/);
      await rejects(second.accept(), StateError, /in use/);
      second.close();
      const [client, conn] = await pair(listener);
      await client.send(1);
      assert.equal(await conn.recv(), 1);
      client.close();
      conn.close();
    }),
  "a socket's file is accessible to its user alone, and gone after close": async () => {
    const path = newPath();
    const before = process.umask();
    const listener = new Listener({ address: path, authKey: KEY });
    assert.equal(process.umask(), before);
    if (existsSync(path)) assert.equal(statSync(path).mode & 0o777, 0o600);
    await listener.ready;
    assert.equal(statSync(path).mode & 0o777, 0o600);
    listener.close();
    assert.equal(existsSync(path), false);
    listener.close();
  },
  "port 0 becomes a real one; a name is looked up": async () => {
    const listener = await listening({ host: "localhost", port: 0 });
    const { host, port } = listener.address as { host: string; port: number };
    assert.ok(port > 0);
    assert.equal(host, "127.0.0.1");
    const conn = await Client({ host: "localhost", port }, { authKey: KEY });
    conn.close();
    (await listener.accept()).close();
    listener.close();
  },
  "for await gives the connections": async () => {
    const listener = await listening();
    const clients = await Promise.all(Array.from({ length: 30 }, () => Client<number>(listener.address, { authKey: KEY })));
    await Promise.all(clients.map((client, i) => client.send(i)));
    const seen: unknown[] = [];
    for await (const conn of listener) {
      seen.push(await conn.recv());
      conn.close();
      if (seen.length === 30) break;
    }
    assert.deepEqual(
      seen.sort((a, b) => Number(a) - Number(b)),
      clients.map((_, i) => i),
    );
    assert.equal(listener.rejected, 0);
    for (const client of clients) client.close();
    listener.close();
  },
};
