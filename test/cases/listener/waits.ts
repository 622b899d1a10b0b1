import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { Client, ClosedError, EOFError, Listener, MessageTooLongError, SerializationError, TimeoutError, wait } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, utf8 } from "../../suite/help.ts";
import { until } from "../helpers/signals.ts";
import { KEY, LOCAL, listening, newPath, overBoth, pair } from "./helpers.ts";
import { rawListener } from "./raw-peer.ts";

/** A Listener uses no backend, so these cases run only once per runtime. */
export const only = "portable";

export const cases: Cases = {
  "`using` closes a listener, and that ends every wait (test_context)": () =>
    overBoth(async (listener) => {
      const [client, conn] = await pair(listener);
      const accepting = listener.accept();
      const iterating = (async () => {
        for await (const _ of listener) assert.fail("nobody connects");
      })();
      listener[Symbol.dispose]();
      await rejects(accepting, ClosedError);
      await iterating;
      await rejects(listener.accept(), ClosedError);
      await rejects(wait([listener]), ClosedError);
      await client.send("accepted connections stay");
      assert.equal(await conn.recv(), "accepted connections stay");
      conn[Symbol.dispose]();
      await rejects(conn.recv(), ClosedError);
      await rejects(client.recv(), EOFError);
      client.close();
    }),
  "closed before it listens": async () => {
    for (const address of [newPath(), LOCAL]) {
      const listener = new Listener({ address, authKey: KEY });
      listener.close();
      await rejects(listener.ready, ClosedError);
    }
  },
  "clients that were not accepted before close see the end": async () => {
    const listener = await listening();
    const client = await Client(listener.address, { authKey: KEY });
    listener.close();
    await rejects(client.recv({ timeout: 5000 }), EOFError);
    client.close();
  },
  "a client that sends and closes before accept is called (test_issue14725)": () =>
    overBoth(async (listener) => {
      const client = await Client(listener.address, { authKey: KEY });
      await client.send("early");
      client.close();
      assert.deepEqual(await wait([listener], { timeout: 5000 }), [listener]);
      const conn = await listener.accept({ timeout: 0 });
      assert.equal(await conn.recv(), "early");
      conn.close();
    }),
  "poll and wait see what the other side sent (test_issue16955)": () =>
    overBoth(async (listener) => {
      const [client, conn] = await pair(listener);
      assert.equal(await client.poll(), false);
      assert.equal(await client.poll(50), false);
      await conn.send("x");
      assert.equal(await client.poll(1000), true);
      assert.deepEqual(await wait([conn, client], { timeout: 1000 }), [client]);
      assert.equal(await client.recv(), "x");
      assert.deepEqual(await wait([client], { timeout: 20 }), []);
      conn.close();
      assert.equal(await client.poll(1000), true, "the end can be read");
      await rejects(client.recv(), EOFError);
      client.close();
    }),
  "accept: in order, timeout, abort; a cancelled accept takes no connection": async () => {
    const listener = await listening();
    const start = performance.now();
    await rejects(listener.accept({ timeout: 100 }), TimeoutError);
    assert.ok(performance.now() - start >= 95);
    await rejects(listener.accept({ timeout: 0 }), TimeoutError);
    const abort = new AbortController();
    const reason = new Error("enough");
    const given = listener.accept({ signal: abort.signal });
    const taken = listener.accept<string>();
    abort.abort(reason);
    await assert.rejects(given, reason);
    await assert.rejects(listener.accept({ signal: abort.signal }), reason);
    const client = await Client(listener.address, { authKey: KEY });
    await client.send("to the second");
    assert.equal(await (await taken).recv(), "to the second");
    await rejects(listener.accept({ timeout: Number.NaN }), TypeError);
    client.close();
    listener.close();
  },
  "a listener that never answers: timeout and abort": async () => {
    let callers = 0;
    const { path, server } = await rawListener(async () => void callers++);
    const start = performance.now();
    await rejects(Client(path, { authKey: KEY, timeout: 200 }), TimeoutError, /no key/);
    assert.ok(performance.now() - start < 2000);
    const abort = new AbortController();
    const reason = new Error("enough");
    const given = Client(path, { authKey: KEY, signal: abort.signal });
    await until(() => callers === 2);
    abort.abort(reason);
    await assert.rejects(given, reason);
    await assert.rejects(Client(path, { authKey: KEY, signal: abort.signal }), reason);
    server.close();
  },
  "recv: timeout and abort lose no message; a message above maxLength leaves the connection usable": async () => {
    const listener = await listening();
    const [client, conn] = await pair(listener);
    await rejects(conn.recv({ timeout: 30 }), TimeoutError);
    const abort = new AbortController();
    const reason = new Error("enough");
    const given = conn.recv({ signal: abort.signal });
    abort.abort(reason);
    await assert.rejects(given, reason);
    await client.send("for the next");
    assert.equal(await conn.recv(), "for the next");
    await client.sendBytes(utf8("too long"));
    await client.sendBytes(utf8("ok"));
    await rejects(conn.recvBytes(3), MessageTooLongError);
    assert.deepEqual(await conn.recvBytes(3), utf8("ok"));
    await client.sendBytes(utf8("no value"));
    await rejects(conn.recv(), SerializationError);
    await client.send("a value");
    assert.equal(await conn.recv(), "a value");
    client.close();
    conn.close();
    listener.close();
  },
  "signals with a handler break no accept; no hidden timeouts (test_ignore_listener, test_timeout)": slow(async () => {
    const listener = await listening();
    let signals = 0;
    const count = (): void => void signals++;
    process.on("SIGUSR2", count);
    const accepting = listener.accept<string>();
    // They come over a second, in which nothing else happens: time itself is what could end the wait.
    for (let i = 0; i < 20; i++) {
      process.kill(process.pid, "SIGUSR2");
      await delay(50);
    }
    const client = await Client(listener.address, { authKey: KEY });
    const conn = await accepting;
    const receiving = conn.recv();
    const before = signals;
    process.kill(process.pid, "SIGUSR2");
    await until(() => signals > before);
    await client.send("hello");
    assert.equal(await receiving, "hello");
    assert.ok(signals > 0);
    process.off("SIGUSR2", count);
    client.close();
    conn.close();
    listener.close();
  }),
};
