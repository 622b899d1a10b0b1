import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { Client, Pipe, Process, Queue, SerializationError, UnsupportedError, wait, waitSync } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, started, utf8 } from "../../suite/help.ts";
import { until } from "../helpers/signals.ts";
import { echo, KEY, listening, newPath, pair } from "./helpers.ts";
import { RawPeer, rawListener } from "./raw-peer.ts";

const leftOpen: unknown[] = [];

export async function leaveAllOpen(path: string): Promise<void> {
  const listener = await listening(path);
  const [a, b] = await pair(listener);
  leftOpen.push(listener, a, b);
}

export const cases: Cases = {
  "wait takes listeners": slow(async () => {
    const listener = await listening();
    const [a, b] = Pipe();
    assert.deepEqual(await wait([listener, a], { timeout: 20 }), []);
    const waiting = wait([listener, a], { timeout: 5000 });
    const client = await Client(listener.address, { authKey: KEY });
    assert.deepEqual(await waiting, [listener]);
    assert.deepEqual(await wait([listener], { timeout: 0 }), [listener], "nobody was taken");
    assert.throws(() => waitSync([listener]), UnsupportedError);
    for (const each of [client, await listener.accept({ timeout: 0 }), a, b, listener]) each.close();
  }),
  "what a connection of a listener can't do is an UnsupportedError: travel, shared objects, descriptors, blocking calls": async () => {
    const listener = await listening();
    const [client, conn] = await pair(listener);
    await rejects(new Process({ target: echo as never, args: [client] as never }).start(), UnsupportedError, /can't travel/);
    const [a, b] = Pipe();
    const q = new Queue();
    await rejects(a.send({ inside: [client] }), UnsupportedError, /Client of its own/);
    await rejects(q.put(client), UnsupportedError);
    await rejects(client.send({ q }), UnsupportedError, /outside of this tree/);
    await rejects(client.send([a]), UnsupportedError);
    await rejects(client.send(conn), UnsupportedError);
    await rejects(
      client.send(() => 1),
      SerializationError,
    );
    await rejects(q.put(listener), SerializationError);
    assert.equal(await b.poll(), false);
    assert.equal(await conn.poll(20), false, "nothing was sent");
    assert.throws(() => client.fileno(), UnsupportedError);
    for (const call of [
      () => client.sendSync(1),
      () => client.sendBytesSync(utf8("x")),
      () => client.recvSync(),
      () => client.recvBytesSync(),
      () => client.recvBytesIntoSync(new Uint8Array(1)),
      () => client.pollSync(),
      () => waitSync([client]),
    ])
      assert.throws(call, UnsupportedError);
    await client.send("still good");
    assert.equal(await conn.recv(), "still good");
    for (const each of [client, conn, a, b, listener]) each.close();
  },
  "references to shared objects that a peer invents are not followed": async () => {
    const listener = await listening();
    const [client, conn] = await pair(listener);
    const [a, b] = Pipe();
    let attempts = 0;
    const trap = await rawListener(async () => {
      attempts++;
    });
    // The message looks like one of this library: its envelope has a reference, and its value uses it.
    const { encode } = await import("../../../src/codec/encode.ts");
    const { seal } = await import("../../../src/codec/envelope.ts");
    const location = { hub: trap.path, id: "x", readable: true, writable: true };
    const refs = [{ kind: "connection", backend: "portable", location }];
    await client.sendBytes(seal({ bytes: encode({ c: a }).bytes, refs }));
    await rejects(conn.recv(), SerializationError);
    await client.sendBytes(encode({ c: a }).bytes);
    await rejects(conn.recv(), SerializationError);
    // Connections are accepted in order. If the reference had been followed, ours would be the second.
    const own = await RawPeer.connect(trap.path);
    await until(() => attempts > 0);
    assert.equal(attempts, 1);
    own.socket.destroy();
    trap.server.close();
    for (const each of [client, conn, a, b, listener]) each.close();
  },
  "open listeners and connections keep no event loop alive, and the socket's file goes with its process": async () => {
    const path = newPath();
    const child = await started({ target: leaveAllOpen, args: [path] });
    assert.equal(await child.join({ timeout: 10_000 }), 0);
    assert.equal(existsSync(path), false);
  },
};
