import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { existsSync, rmSync, statSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  type Address,
  AuthenticationError,
  BrokenPipeError,
  Client,
  ClosedError,
  type Connection,
  CorruptedError,
  EOFError,
  Listener,
  MessageTooLongError,
  Pipe,
  Process,
  Queue,
  SerializationError,
  StateError,
  TimeoutError,
  UnsupportedError,
  wait,
  waitSync,
} from "../../mod.ts";
import type { Cases } from "../suite/case.ts";
import { rejects, started } from "../suite/help.ts";

const MIB = 1 << 20;
const KEY = "a key that both sides know";
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const CHALLENGE = "#CHALLENGE#";

let paths = 0;
const newPath = (): string => join(tmpdir(), `listener-${paths++}`);
const LOCAL: Address = { host: "127.0.0.1", port: 0 };

async function listening(address: Address = newPath()): Promise<Listener> {
  const listener = new Listener({ address, authKey: KEY });
  await listener.ready;
  return listener;
}

/** Runs a case over a Unix socket, then over TCP. */
async function overBoth(run: (listener: Listener) => Promise<void>): Promise<void> {
  for (const address of [newPath(), LOCAL]) {
    const listener = await listening(address);
    await run(listener);
    listener.close();
  }
}

/** Both ends of a connection. */
async function pair(listener: Listener): Promise<[Connection, Connection]> {
  const client = await Client(listener.address, { authKey: KEY });
  return [client, await listener.accept({ timeout: 5000 })];
}

/** The peers that were turned away, once they are so many. */
async function rejected(listener: Listener, count: number): Promise<void> {
  for (let i = 0; i < 300 && listener.rejected < count; i++) await delay(10);
  assert.equal(listener.rejected, count);
}

/** Another implementation of the protocol, which says what it likes. */
class Raw {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  /** All that came. */
  bytes = Buffer.alloc(0);
  #used = 0;
  #wake = (): void => {};
  #isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      this.bytes = Buffer.concat([this.bytes, chunk]);
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.#isClosed = true;
        this.#wake();
        resolve();
      });
    });
  }

  /** A listener whose callers come faster than it looks turns some away. */
  static async connect(address: Address): Promise<Raw> {
    for (;;) {
      const socket = typeof address === "string" ? connect({ path: address }) : connect(address);
      const failed = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
        socket.once("connect", () => resolve(undefined));
        socket.once("error", resolve);
      });
      if (failed === undefined) return new Raw(socket);
      if (failed.code !== "EAGAIN" && failed.code !== "ECONNREFUSED") throw failed;
      await delay(5);
    }
  }

  send(message: Uint8Array | string): void {
    const body = Buffer.from(message as string);
    const head = Buffer.alloc(4);
    head.writeInt32BE(body.length);
    this.socket.write(Buffer.concat([head, body]));
  }

  /** The next message; undefined if the other side hung up instead. */
  async recv(): Promise<Buffer | undefined> {
    for (;;) {
      const rest = this.bytes.subarray(this.#used);
      if (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const end = 4 + rest.readInt32BE(0);
        this.#used += end;
        return rest.subarray(4, end);
      }
      if (this.#isClosed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Proves the key as a client or listener does. */
  async prove(key = KEY, digest = "sha256"): Promise<string> {
    const asked = (await this.recv())?.subarray(CHALLENGE.length) ?? Buffer.alloc(0);
    this.send(Buffer.concat([text(`{${digest}}`), createHmac(digest, key).update(asked).digest()]));
    return String(await this.recv());
  }

  async challenge(nonce: Uint8Array = randomBytes(40)): Promise<Buffer> {
    this.send(Buffer.concat([text(`${CHALLENGE}{sha256}`), nonce]));
    return (await this.recv()) ?? Buffer.alloc(0);
  }

  /** A client with the key, by hand. */
  static async client(address: Address): Promise<Raw> {
    const raw = await Raw.connect(address);
    assert.equal(await raw.prove(), "#WELCOME#");
    await raw.challenge();
    raw.send("#WELCOME#");
    return raw;
  }
}

/** A listener by hand: `serve` plays one peer after the other. */
async function rawListener(serve: (raw: Raw) => Promise<void>): Promise<{ path: string; server: Server }> {
  const path = newPath();
  const server = createServer((socket) => void serve(new Raw(socket)));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { path, server };
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

export async function listenAndHang(path: string, out: Queue<string>): Promise<void> {
  await listening(path);
  await out.put("listening");
  await new Promise(() => setInterval(() => {}, 1000));
}

export async function connectAndHang(address: Address): Promise<void> {
  const conn = await Client(address, { authKey: KEY });
  await conn.send("here");
  await new Promise(() => setInterval(() => {}, 1000));
}

export async function sendPartAndHang(address: Address): Promise<void> {
  const conn = await Client(address, { authKey: KEY });
  await conn.send("here");
  void conn.sendBytes(new Uint8Array(64 * MIB));
  await new Promise(() => setInterval(() => {}, 1000));
}

const leftOpen: unknown[] = [];

export async function leaveAllOpen(path: string): Promise<void> {
  const listener = await listening(path);
  const [a, b] = await pair(listener);
  leftOpen.push(listener, a, b);
}

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

export const cases: Cases = {
  "a process connects and says hello, over a path and TCP (test_listener_client)": () =>
    overBoth(async (listener) => {
      const child = await started({ target: sayHello, args: [listener.address, KEY] });
      const conn = await listener.accept<string>({ timeout: 20_000 });
      assert.equal(await conn.recv(), "hello");
      await rejects(conn.recv(), EOFError);
      conn.close();
      assert.equal(await child.join(), 0);
    }),
  "values keep their types, bytes of any size come back": () =>
    overBoth(async (listener) => {
      const child = await started({ target: echo, args: [listener.address] });
      const conn = await listener.accept({ timeout: 20_000 });
      const value = { big: 10n ** 30n, map: new Map([[1, new Set(["x"])]]), at: new Date(5), bytes: text("é"), none: undefined, zero: -0 };
      await conn.send(value);
      assert.deepEqual(await conn.recv(), value);
      for (const size of [0, 1, 16_383, 16_384, 65_536, 100_000, 16 * MIB]) {
        const bytes = new Uint8Array(size).map((_, i) => i * 31);
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
  "two listeners at one address: the second is refused, the first goes on (test_multiple_bind)": () =>
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
  "a path left by a killed listener is an error that says so": async () => {
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
  },
  "a socket's file is its user's alone, and gone after close": async () => {
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
  "using closes; every wait ends then (test_context)": () =>
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
      await delay(100);
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
  "wait takes listeners": async () => {
    const listener = await listening();
    const [a, b] = Pipe();
    assert.deepEqual(await wait([listener, a], { timeout: 20 }), []);
    const waiting = wait([listener, a], { timeout: 5000 });
    const client = await Client(listener.address, { authKey: KEY });
    assert.deepEqual(await waiting, [listener]);
    assert.deepEqual(await wait([listener], { timeout: 0 }), [listener], "nobody was taken");
    assert.throws(() => waitSync([listener]), UnsupportedError);
    for (const each of [client, await listener.accept({ timeout: 0 }), a, b, listener]) each.close();
  },
  "accept: in order, timeout, abort; what was given up takes nobody": async () => {
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
  "a wrong key: both sides are told, others are served": () =>
    overBoth(async (listener) => {
      for (const authKey of ["wrong", text("wrong"), `${KEY} `]) await rejects(Client(listener.address, { authKey }), AuthenticationError);
      await rejected(listener, 3);
      await rejects(listener.accept({ timeout: 0 }), TimeoutError);
      const client = await Client(listener.address, { authKey: text(KEY) });
      const conn = await listener.accept();
      await client.send("bytes and text are the same key");
      assert.equal(await conn.recv(), "bytes and text are the same key");
      client.close();
      conn.close();
    }),
  "keys and addresses that are none (test_empty_authkey, test_invalid_family)": async () => {
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
    for (const address of ["", "a\0b", "\0abstract", "\\\\.\\pipe\\name", "\\\\.\\test", `/tmp/${"x".repeat(110)}`])
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
    const key = text("later overwritten");
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
    await delay(20);
    await rejects(Client(listener.address, { authKey: KEY }), StateError, /Nobody listens/);
    const lost = new Listener({ address: "/nowhere/at/all", authKey: KEY });
    await rejects(lost.ready, StateError, /Nothing can listen/);
    lost.close();
  },
  "a listener that never answers: timeout and abort": async () => {
    const { path, server } = await rawListener(async () => {});
    const start = performance.now();
    await rejects(Client(path, { authKey: KEY, timeout: 200 }), TimeoutError, /no key/);
    assert.ok(performance.now() - start < 2000);
    const abort = new AbortController();
    const reason = new Error("enough");
    const given = Client(path, { authKey: KEY, signal: abort.signal });
    setTimeout(() => abort.abort(reason), 50);
    await assert.rejects(given, reason);
    await assert.rejects(Client(path, { authKey: KEY, signal: abort.signal }), reason);
    server.close();
  },
  "the handshake by hand: what CPython says is understood": async () => {
    const listener = await listening();
    const raw = await Raw.connect(listener.address);
    assert.equal(await raw.prove(), "#WELCOME#");
    const nonce = randomBytes(40);
    const answer = await raw.challenge(nonce);
    assert.equal(answer.toString("latin1", 0, 8), "{sha256}");
    assert.deepEqual(
      answer.subarray(8),
      createHmac("sha256", KEY)
        .update(Buffer.concat([text("{sha256}"), nonce]))
        .digest(),
    );
    raw.send("#WELCOME#");
    raw.send("in the same packet as the welcome");
    const conn = await listener.accept();
    assert.deepEqual(await conn.recvBytes(), text("in the same packet as the welcome"));
    assert.equal(raw.bytes.toString("latin1", 4, 23), `${CHALLENGE}{sha256}`);
    conn.close();
    await raw.closed;
    listener.close();
  },
  "a bogus reply, and a welcome that does not come (test_deliver/answer_challenge_auth_failure)": async () => {
    const listener = await listening();
    for (const bogus of ["bogus", "", "#WELCOME#", `{sha256}${"x".repeat(31)}`, `{sha256}${"x".repeat(33)}`]) {
      const raw = await Raw.connect(listener.address);
      await raw.recv();
      raw.send(bogus);
      assert.equal(String(await raw.recv()), "#FAILURE#");
      await raw.closed;
    }
    for (const verdict of ["#FAILURE#", "something bogus", ""]) {
      const raw = await Raw.connect(listener.address);
      await raw.prove();
      await raw.challenge();
      raw.send(verdict);
      await raw.closed;
      const { path, server } = await rawListener(async (peer) => {
        await peer.challenge();
        peer.send(verdict);
      });
      await rejects(Client(path, { authKey: KEY }), AuthenticationError, /did not accept our key/);
      server.close();
    }
    await rejected(listener, 8);
    listener.close();
  },
  "a listener that does not know the key is told so": async () => {
    const verdicts: string[] = [];
    const { path, server } = await rawListener(async (peer) => {
      await peer.challenge();
      peer.send("#WELCOME#");
      await peer.recv();
      peer.send(Buffer.concat([text("{sha256}"), randomBytes(32)]));
      verdicts.push(String(await peer.recv()));
      peer.socket.destroy();
    });
    await rejects(Client(path, { authKey: KEY }), AuthenticationError, /does not know the key/);
    while (verdicts.length === 0) await delay(5);
    assert.deepEqual(verdicts, ["#FAILURE#"]);
    server.close();
    for (const first of ["hello", "", "#CHALLENGE"]) {
      const other = await rawListener(async (peer) => peer.send(first));
      await rejects(Client(other.path, { authKey: KEY }), AuthenticationError, /did not ask/);
      other.server.close();
    }
    const hangsUp = await rawListener(async (peer) => void peer.socket.destroy());
    await rejects(Client(hangsUp.path, { authKey: KEY }), AuthenticationError, /hung up/);
    hangsUp.server.close();
  },
  "weak and unknown digests are refused on both sides": async () => {
    const listener = await listening();
    for (const digest of ["md5", "sha1", "none"]) {
      const raw = await Raw.connect(listener.address);
      const asked = (await raw.recv())?.subarray(CHALLENGE.length) ?? "";
      const proof = digest === "none" ? createHmac("md5", KEY).update(asked).digest() : createHmac(digest, KEY).update(asked).digest();
      raw.send(digest === "none" ? proof : Buffer.concat([text(`{${digest}}`), proof]));
      assert.equal(String(await raw.recv()), "#FAILURE#");
      await raw.closed;
    }
    await rejected(listener, 3);
    for (const [challenge, message] of [
      [randomBytes(20), /3\.12/],
      [Buffer.concat([text("{md5}"), randomBytes(40)]), /MD5/],
      [Buffer.concat([text("{sha1}"), randomBytes(40)]), /not allowed/],
      [Buffer.concat([text("{constructor}"), randomBytes(40)]), /not allowed/],
      [text("{sha256}short"), /too short/],
      [randomBytes(60), /digest/],
    ] as const) {
      const answers: (Buffer | undefined)[] = [];
      const { path, server } = await rawListener(async (peer) => {
        peer.send(Buffer.concat([text(CHALLENGE), challenge]));
        answers.push(await peer.recv());
      });
      await rejects(Client(path, { authKey: KEY }), AuthenticationError, message);
      while (answers.length === 0) await delay(5);
      assert.deepEqual(answers, [undefined], "nothing was proved");
      server.close();
    }
    listener.close();
  },
  "a recorded handshake is worth nothing": async () => {
    const listener = await listening();
    const recorded: Buffer[] = [];
    const { path, server } = await rawListener(async (peer) => {
      const onwards = connect({ path: listener.address as string });
      peer.socket.on("data", (chunk: Buffer) => {
        recorded.push(chunk);
        onwards.write(chunk);
      });
      onwards.on("data", (chunk: Buffer) => peer.socket.write(chunk));
      peer.socket.on("close", () => onwards.destroy());
    });
    const client = await Client(path, { authKey: KEY });
    await client.sendBytes(text("secret"));
    const conn = await listener.accept();
    assert.deepEqual(await conn.recvBytes(), text("secret"), "it went through the recorder");
    client.close();
    conn.close();
    server.close();
    const raw = await Raw.connect(listener.address);
    for (const chunk of recorded) {
      raw.socket.write(chunk);
      await delay(5);
    }
    await raw.closed;
    await rejected(listener, 1);
    await rejects(listener.accept({ timeout: 0 }), TimeoutError);
    listener.close();
  },
  "reflected challenges prove nothing, within one process and across two": async () => {
    const listener = await listening();
    // The listener's own challenge, back as a proof and as a challenge.
    const raw = await Raw.connect(listener.address);
    raw.send((await raw.recv()) ?? "");
    assert.equal(String(await raw.recv()), "#FAILURE#");
    await raw.closed;
    // A listener without the key has the second client answer what the first one asked.
    let asked: ((nonce: Buffer) => void) | undefined;
    const nonce = new Promise<Buffer>((resolve) => {
      asked = resolve;
    });
    let first: Raw | undefined;
    const verdicts: string[] = [];
    const { path, server } = await rawListener(async (peer) => {
      if (first === undefined) {
        first = peer;
        await peer.challenge();
        peer.send("#WELCOME#");
        asked?.((await peer.recv())?.subarray(CHALLENGE.length) ?? Buffer.alloc(0));
        return;
      }
      peer.send(Buffer.concat([text(CHALLENGE), await nonce]));
      const proof = await peer.recv();
      first.send(proof ?? "nothing");
      verdicts.push(String(proof));
    });
    const victim = rejects(Client(path, { authKey: KEY }), AuthenticationError);
    await nonce;
    const child = await started({ target: sayHello, args: [path, KEY] });
    await rejects(child.result(), AuthenticationError, /client's challenge back/);
    await victim;
    assert.deepEqual(verdicts, ["undefined"]);
    await child.join();
    server.close();
    listener.close();
  },
  "a silent client, and one that sends a byte a second, are cut off; others are served meanwhile": async () => {
    const listener = await listening();
    const start = performance.now();
    const silent = await Raw.connect(listener.address);
    const slow = await Raw.connect(listener.address);
    const ticking = setInterval(() => slow.socket.write("\0"), 1000);
    const [client, conn] = await pair(listener);
    assert.ok(performance.now() - start < 1000);
    await Promise.all([silent.closed, slow.closed]);
    clearInterval(ticking);
    const took = performance.now() - start;
    assert.ok(took > 4500 && took < 7000, `cut off after ${took} ms`);
    await rejected(listener, 2);
    await client.send("still good");
    assert.equal(await conn.recv(), "still good");
    client.close();
    conn.close();
    listener.close();
  },
  "a thousand idle connections: a good client is served within 1 s, and few stay": () =>
    overBoth(async (listener) => {
      const idle: Raw[] = [];
      let closed = 0;
      const more = async (count: number): Promise<void> => {
        for (let i = 0; i < count; i += 50)
          for (const raw of await Promise.all(Array.from({ length: 50 }, () => Raw.connect(listener.address)))) {
            idle.push(raw);
            void raw.closed.then(() => closed++);
          }
      };
      await more(950);
      for (let i = 0; i < 1000 && closed < 822; i++) await delay(10);
      const flooding = more(50);
      const start = performance.now();
      const [client, conn] = await pair(listener);
      await client.send("good");
      assert.equal(await conn.recv(), "good");
      assert.ok(performance.now() - start < 1000, `served after ${performance.now() - start} ms`);
      await flooding;
      for (let i = 0; i < 1000 && closed < 872; i++) await delay(10);
      assert.ok(closed >= 872, `only ${closed} were cut off`);
      for (const { socket } of idle) socket.destroy();
      client.close();
      conn.close();
    }),
  "messages of the handshake that are too long, or none, are cut off at once": async () => {
    const listener = await listening();
    for (const head of [
      [0, 0, 1, 1],
      [0x7f, 255, 255, 255],
      [255, 255, 255, 254],
      [255, 255, 255, 255, 0, 0, 0, 1, 0, 0, 0, 0],
    ]) {
      const raw = await Raw.connect(listener.address);
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
    const next = async (): Promise<[Raw, Connection]> => [await Raw.client(listener.address), await listener.accept()];
    const [raw, conn] = await next();
    raw.socket.write(new Uint8Array([255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 2, 65, 66]));
    assert.deepEqual(await conn.recvBytes(), text("AB"));
    for (const byte of [0, 0, 0, 2, 67]) {
      raw.socket.write(new Uint8Array([byte]));
      await delay(2);
    }
    assert.equal(await conn.poll(), false, "it is not whole");
    raw.socket.end(new Uint8Array([68]));
    assert.deepEqual(await conn.recvBytes(), text("CD"));
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
  "recv: timeout and abort leave nothing behind; maxLength keeps the connection": async () => {
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
    await client.sendBytes(text("too long"));
    await client.sendBytes(text("ok"));
    await rejects(conn.recvBytes(3), MessageTooLongError);
    assert.deepEqual(await conn.recvBytes(3), text("ok"));
    await client.sendBytes(text("no value"));
    await rejects(conn.recv(), SerializationError);
    await client.send("a value");
    assert.equal(await conn.recv(), "a value");
    client.close();
    conn.close();
    listener.close();
  },
  "what nobody reads stays with its sender; then all of it comes": () =>
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
        assert.ok(bytes.length === size && bytes.every((byte) => byte === i), `message ${i}`);
      }
      await rejects(conn.recv(), EOFError);
      await child.join();
      conn.close();
    }),
  "send: a timeout or abort counts until its first byte; then it goes out whole": async () => {
    const listener = await listening();
    const raw = await Raw.client(listener.address);
    raw.socket.pause();
    const conn = await listener.accept();
    const large = conn.sendBytes(new Uint8Array(8 * MIB), 0, undefined, { timeout: 20 });
    await rejects(conn.send("late", { timeout: 50 }), TimeoutError);
    await rejects(conn.send("late", { timeout: 0 }), TimeoutError);
    const abort = new AbortController();
    const reason = new Error("enough");
    const given = conn.send("late", { signal: abort.signal });
    const last = conn.sendBytes(text("last"));
    abort.abort(reason);
    await assert.rejects(given, reason);
    raw.socket.resume();
    assert.equal((await raw.recv())?.length, 8 * MIB);
    assert.equal(String(await raw.recv()), "last");
    await large;
    await last;
    raw.socket.destroy();
    conn.close();
    listener.close();
  },
  "close lets accepted sends out, also with much unread": () =>
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
  "a process's normal end lets its sends out": () =>
    overBoth(async (listener) => {
      const child = await started({ target: sendAndEnd, args: [listener.address] });
      const conn = await listener.accept({ timeout: 20_000 });
      await delay(200);
      const bytes = await conn.recvBytes();
      assert.ok(bytes.length === 16 * MIB && bytes.every((byte) => byte === 7));
      assert.equal(await conn.recv(), "last");
      await rejects(conn.recv(), EOFError);
      assert.equal(await child.join(), 0);
      conn.close();
    }),
  "a killed peer: EOF, cut off, broken pipe": () =>
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
      await delay(20);
      const stuck = end.sendBytes(new Uint8Array(64 * MIB));
      other.kill();
      await rejects(stuck, BrokenPipeError);
      await other.join();
      end.close();
    }),
  "a death in the middle of a message says how much came": async () => {
    const listener = await listening();
    const raw = await Raw.client(listener.address);
    const conn = await listener.accept();
    const receiving = conn.recvBytes();
    raw.socket.write(new Uint8Array([0, 16, 0, 0, ...new Uint8Array(MIB / 2)]));
    await delay(50);
    raw.socket.destroy();
    const error = (await rejects(receiving, EOFError)) as EOFError;
    assert.equal(error.bytesExpected, MIB);
    assert.ok((error.bytesArrived ?? MIB) < MIB && (error.bytesArrived ?? 0) > 0);
    conn.close();
    listener.close();
  },
  "a connection that breaks while messages are unread loses none of them in silence": async () => {
    const listener = await listening();
    const raw = await Raw.client(listener.address);
    const conn = await listener.accept();
    for (let i = 0; i < 3; i++) raw.send(new Uint8Array(65_536).fill(i));
    await delay(100);
    raw.socket.destroy();
    await delay(50);
    await rejects(
      (async () => {
        for (let i = 0; i < 50; i++) await conn.sendBytes(text("x"));
      })(),
      BrokenPipeError,
    );
    const ends: unknown[] = [];
    let count = 0;
    for (; ends.length === 0; count++) {
      const bytes = await conn.recvBytes().catch((error: unknown) => void ends.push(error));
      if (bytes !== undefined) assert.ok(bytes.length === 65_536 && bytes.every((byte) => byte === count), `message ${count}`);
    }
    assert.ok(ends[0] instanceof EOFError);
    assert.ok(count > 1, "what had come is there");
    assert.ok(count - 1 === 3 || ends[0].bytesExpected !== undefined, `${count - 1} came, and the end looks like a good one`);
    await rejects(conn.recv(), EOFError, /all that was sent/);
    conn.close();
    listener.close();
  },
  "what can't be done is said: travelling, shared objects, descriptors, blocking calls": async () => {
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
      () => client.sendBytesSync(text("x")),
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
  "references that a peer makes up are not followed": async () => {
    const listener = await listening();
    const [client, conn] = await pair(listener);
    const [a, b] = Pipe();
    let attempts = 0;
    const trap = await rawListener(async () => {
      attempts++;
    });
    // Flags and tags as the library's own envelope has them: format 2, a list of references, a value that uses the first.
    const { encode } = await import("../../src/codec/encode.ts");
    const { seal } = await import("../../src/codec/envelope.ts");
    const location = { hub: trap.path, id: "x", readable: true, writable: true };
    const refs = [{ kind: "connection", backend: "portable", location }];
    await client.sendBytes(seal({ bytes: encode({ c: a }).bytes, refs }));
    await rejects(conn.recv(), SerializationError);
    await client.sendBytes(encode({ c: a }).bytes);
    await rejects(conn.recv(), SerializationError);
    await delay(50);
    assert.equal(attempts, 0);
    trap.server.close();
    for (const each of [client, conn, a, b, listener]) each.close();
  },
  "no event loop is held by what is only open, and the file goes with its process": async () => {
    const path = newPath();
    const child = await started({ target: leaveAllOpen, args: [path] });
    assert.equal(await child.join({ timeout: 10_000 }), 0);
    assert.equal(existsSync(path), false);
  },
  "signals with a handler break no accept; no hidden timeouts (test_ignore_listener, test_timeout)": async () => {
    const listener = await listening();
    let signals = 0;
    const count = (): void => void signals++;
    process.on("SIGUSR2", count);
    const accepting = listener.accept<string>();
    for (let i = 0; i < 20; i++) {
      process.kill(process.pid, "SIGUSR2");
      await delay(50);
    }
    const client = await Client(listener.address, { authKey: KEY });
    const conn = await accepting;
    const receiving = conn.recv();
    process.kill(process.pid, "SIGUSR2");
    await delay(100);
    await client.send("hello");
    assert.equal(await receiving, "hello");
    assert.ok(signals > 0);
    process.off("SIGUSR2", count);
    client.close();
    conn.close();
    listener.close();
  },
};
