import assert from "node:assert/strict";
import { type Address, Client, type Connection, CorruptedError, EOFError, Listener, StateError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { MIB, rejects, utf8 } from "../../suite/help.ts";
import { eventLoopTurns, until } from "../helpers/signals.ts";
import { KEY, LOCAL, listening, newPath, overBoth, pair, rejected } from "./helpers.ts";
import { RawPeer } from "./raw-peer.ts";

/** Returns whether no process listens at this address. */
async function isRefused(address: Address): Promise<boolean> {
  try {
    (await Client(address, { authKey: KEY })).close();
    return false;
  } catch (error) {
    assert.ok(error instanceof StateError, String(error));
    assert.match(error.message, /Nobody listens/);
    return true;
  }
}

/** A Listener uses no backend, so these cases run only once per runtime. */
export const only = "portable";

export const cases: Cases = {
  "invalid keys and addresses are refused (test_empty_authkey, test_invalid_family)": async () => {
    for (const authKey of ["", new Uint8Array(0)]) {
      assert.throws(() => new Listener({ address: newPath(), authKey }), RangeError);
      await rejects(Client(newPath(), { authKey }), RangeError, /empty/);
    }
    for (const authKey of [undefined, null, 5, [1], new ArrayBuffer(4)]) {
      assert.throws(() => new Listener({ address: newPath(), authKey: authKey as never }), TypeError);
      await rejects(Client(newPath(), { authKey: authKey as never }), TypeError, /authKey/);
    }
    await rejects(Client(newPath(), undefined as never), TypeError, /authKey/);
    assert.throws(() => new Listener(undefined as never), TypeError);
    const foreign = process.platform === "win32" ? "/tmp/s.sock" : "\\\\.\\pipe\\name";
    for (const address of ["", "a\0b", "\0abstract", foreign, "\\\\.\\test", `/tmp/${"x".repeat(110)}`])
      assert.throws(() => new Listener({ address, authKey: KEY }), RangeError, address);
    for (const port of [-1, 1.5, 65_536, Number.NaN]) {
      assert.throws(() => new Listener({ address: { host: "127.0.0.1", port }, authKey: KEY }), RangeError);
      await rejects(Client({ host: "127.0.0.1", port }, { authKey: KEY }), RangeError);
    }
    await rejects(Client({ host: "127.0.0.1", port: 0 }, { authKey: KEY }), RangeError);
    for (const address of [5, null, undefined, ["127.0.0.1", 1], { host: "x" }, { host: 1, port: 1 }, { host: "x", port: "1" }])
      assert.throws(() => new Listener({ address: address as never, authKey: KEY }), TypeError);
    assert.throws(() => new Listener({ address: { host: "", port: 1 }, authKey: KEY }), RangeError);
    assert.throws(() => new Listener({ address: newPath(), authKey: KEY, backlog: 0 }), RangeError);
    assert.throws(() => new Listener({ address: newPath(), authKey: KEY, backlog: "1" as never }), TypeError);
    const key = utf8("later overwritten");
    const listener = new Listener({ address: newPath(), authKey: key, backlog: 3 });
    key.fill(0);
    await listener.ready;
    (await Client(listener.address, { authKey: "later overwritten" })).close();
    listener.close();
  },
  "nobody listens; a folder that is not there": async () => {
    await rejects(Client(newPath(), { authKey: KEY }), StateError, /Nobody listens/);
    const listener = await listening(LOCAL);
    listener.close();
    // The system may free the port a moment later.
    await until(() => isRefused(listener.address));
    const lost = new Listener({ address: "/nowhere/at/all", authKey: KEY });
    await rejects(lost.ready, StateError, /Can't listen/);
    lost.close();
  },
  "a silent client, and one that sends a byte now and then, are cut off; others are served meanwhile": async () => {
    const { handshakeLimit } = await import("../../../src/remote/handshake-limit.ts");
    const listener = await listening();
    const usual = handshakeLimit.ms;
    assert.equal(usual, 5_000);
    handshakeLimit.ms = 500;
    const start = performance.now();
    const silent = await RawPeer.connect(listener.address);
    const slow = await RawPeer.connect(listener.address);
    const ticking = setInterval(() => slow.socket.write("\0"), 100);
    const [client, conn] = await pair(listener);
    assert.ok(performance.now() - start < 500);
    handshakeLimit.ms = usual;
    await Promise.all([silent.closed, slow.closed]);
    clearInterval(ticking);
    const took = performance.now() - start;
    assert.ok(took > 450 && took < 2000, `cut off after ${took} ms`);
    await rejected(listener, 2);
    await client.send("still good");
    assert.equal(await conn.recv(), "still good");
    client.close();
    conn.close();
    listener.close();
  },
  "a thousand idle connections: a good client is served within 1 s, and most idle ones are cut off": slow(() =>
    overBoth(async (listener) => {
      const idle: RawPeer[] = [];
      let closed = 0;
      const more = async (count: number): Promise<void> => {
        for (let i = 0; i < count; i += 50)
          for (const raw of await Promise.all(Array.from({ length: 50 }, () => RawPeer.connect(listener.address)))) {
            idle.push(raw);
            void raw.closed.then(() => closed++);
          }
      };
      await more(950);
      await until(() => closed >= 822);
      const flooding = more(50);
      const start = performance.now();
      const [client, conn] = await pair(listener);
      await client.send("good");
      assert.equal(await conn.recv(), "good");
      assert.ok(performance.now() - start < 1000, `served after ${performance.now() - start} ms`);
      await flooding;
      await until(() => closed >= 872);
      for (const { socket } of idle) socket.destroy();
      client.close();
      conn.close();
    }),
  ),
  "a handshake message with an invalid length ends the connection at once": async () => {
    const listener = await listening();
    for (const head of [
      [0, 0, 1, 1],
      [0x7f, 255, 255, 255],
      [255, 255, 255, 254],
      [255, 255, 255, 255, 0, 0, 0, 1, 0, 0, 0, 0],
    ]) {
      const raw = await RawPeer.connect(listener.address);
      const start = performance.now();
      raw.socket.write(new Uint8Array(head));
      await raw.closed;
      assert.ok(performance.now() - start < 2000);
    }
    await rejected(listener, 4);
    listener.close();
  },
  "framing: the long form of a length; cut off; too long; garbage": async () => {
    const listener = await listening();
    const next = async (): Promise<[RawPeer, Connection]> => [await RawPeer.client(listener.address), await listener.accept()];
    const [raw, conn] = await next();
    raw.socket.write(new Uint8Array([255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 2, 65, 66]));
    assert.deepEqual(await conn.recvBytes(), utf8("AB"));
    for (const byte of [0, 0, 0, 2, 67]) {
      await raw.write(new Uint8Array([byte]));
      await eventLoopTurns();
    }
    assert.equal(await conn.poll(), false, "it is not whole");
    raw.socket.end(new Uint8Array([68]));
    assert.deepEqual(await conn.recvBytes(), utf8("CD"));
    await rejects(conn.recvBytes(), EOFError);
    for (const [sent, size, arrived] of [
      [new Uint8Array([0, 0, 0, 9, 1, 2]), 9, 2],
      [new Uint8Array([0, 16, 0, 0, ...new Uint8Array(5)]), MIB, 5],
    ] as const) {
      const [cut, end] = await next();
      cut.socket.end(sent);
      const error = (await rejects(end.recv(), EOFError)) as EOFError;
      assert.deepEqual([error.bytesArrived, error.bytesExpected], [arrived, size]);
      await rejects(end.recv(), EOFError);
      end.close();
    }
    for (const head of [
      [0x7f, 255, 255, 255],
      [255, 255, 255, 0],
      [255, 255, 255, 255, 0, 0, 1, 0, 0, 0, 0, 0],
    ]) {
      const [wild, end] = await next();
      wild.socket.write(new Uint8Array(head));
      await rejects(end.recvBytes(), CorruptedError);
      await wild.closed;
      end.close();
    }
    conn.close();
    listener.close();
  },
};
