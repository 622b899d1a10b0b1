import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import {
  BrokenPipeError,
  BufferTooShort,
  ClosedError,
  Connection,
  EOFError,
  getContext,
  MessageTooLongError,
  Pipe,
  Process,
  Queue,
  SerializationError,
  TimeoutError,
  UnsupportedError,
  wait,
} from "../../mod.ts";
import type { Cases } from "../suite/case.ts";
import { isNative, rejects, started } from "../suite/help.ts";

const MIB = 1 << 20;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

export async function echoBytes(conn: Connection): Promise<void> {
  for (;;) {
    let bytes: Uint8Array;
    try {
      bytes = await conn.recvBytes();
    } catch (error) {
      if (error instanceof EOFError) return;
      throw error;
    }
    await conn.sendBytes(bytes);
  }
}

export async function echo(conn: Connection): Promise<void> {
  for (;;) {
    const bytes = await conn.recvBytes();
    if (bytes.length === 0) break;
    await conn.sendBytes(bytes);
  }
  conn.close();
}

export async function sayHello(conn: Connection): Promise<void> {
  await conn.send("hello");
}

export async function pollAndExit(conn: Connection): Promise<boolean> {
  return conn.poll(5000);
}

export async function writeEach(writer: Connection<[number, number]>, id: number, count: number, pause: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    if (pause > 0) await delay(Math.random() * pause);
    await writer.send([i, id]);
  }
}

export async function forever(): Promise<void> {
  await new Promise(() => setInterval(() => {}, 1000));
}

export async function sendBigThenHang(conn: Connection, ready: Queue, bytes: number): Promise<void> {
  await ready.put("sending");
  await conn.sendBytes(new Uint8Array(bytes));
  await forever();
}

export async function useReceived(conns: Connection<Connection<string>>): Promise<void> {
  const inner = await conns.recv();
  await inner.send("through the one that was sent");
}

export async function readFromReceived(conns: Connection<Connection<number>>, out: Queue): Promise<void> {
  const inner = await conns.recv();
  for await (const value of inner) await out.put(value);
}

export async function makePipeFor(q: Queue<Connection<string>>): Promise<void> {
  const [mine, theirs] = Pipe<string>();
  await q.put(theirs);
  theirs.close();
  assert.equal(await mine.recv(), "to the child that made it");
  await mine.send("and back");
  await rejects(mine.recv(), EOFError);
}

export async function grandEcho(conn: Connection): Promise<void> {
  const child = new Process({ target: echo, args: [conn] });
  await child.start();
  conn.close();
  await child.join();
}

async function collectAll(pause: number): Promise<void> {
  const readers: Connection<[number, number]>[] = [];
  const writers: Process<never, unknown>[] = [];
  for (let id = 0; id < 4; id++) {
    const [reader, writer] = Pipe<[number, number]>(false);
    readers.push(reader);
    writers.push((await started({ target: writeEach, args: [writer, id, 10, pause], transfer: [writer] })) as never);
  }
  const messages: string[] = [];
  while (readers.length > 0) {
    for (const reader of await wait(readers)) {
      try {
        messages.push(String(await reader.recv()));
      } catch (error) {
        assert.ok(error instanceof EOFError);
        readers.splice(readers.indexOf(reader), 1);
      }
    }
  }
  const expected = [0, 1, 2, 3].flatMap((id) => Array.from({ length: 10 }, (_, i) => `${i},${id}`));
  assert.deepEqual(messages.sort(), expected.sort());
  for (const writer of writers) assert.equal(await writer.join(), 0);
}

export const cases: Cases = {
  "values and bytes there and back (test_connection)": async () => {
    const [conn, childConn] = Pipe();
    const child = await started({ target: echo, args: [childConn], transfer: [childConn] });
    assert.equal(await conn.send([1, 2.25, null]), undefined);
    assert.deepEqual(await conn.recv(), [1, 2.25, null]);
    await conn.sendBytes(text("really big"));
    assert.deepEqual(await conn.recvBytes(), text("really big"));
    const longs = new Uint32Array(10);
    await conn.sendBytes(new Uint32Array([1, 2, 3]));
    assert.equal(await conn.recvBytesInto(longs), 12);
    assert.deepEqual([...longs], [1, 2, 3, 0, 0, 0, 0, 0, 0, 0]);
    await conn.sendBytes(new Uint32Array([1, 2, 3]));
    assert.equal(await conn.recvBytesInto(longs, 3 * 4), 12);
    assert.deepEqual([...longs], [1, 2, 3, 1, 2, 3, 0, 0, 0, 0]);
    await conn.sendBytes(text("longer than the buffer"));
    const error = (await rejects(conn.recvBytesInto(new Uint8Array(4)), BufferTooShort)) as BufferTooShort;
    assert.deepEqual(error.bytes, text("longer than the buffer"));
    assert.equal(await conn.poll(), false);
    assert.equal(await conn.poll(-1), false);
    const start = performance.now();
    assert.equal(await conn.poll(100), false);
    assert.ok(performance.now() - start >= 95);
    await conn.send(null);
    assert.equal(await conn.poll(5000), true);
    assert.equal(await conn.recv(), null);
    const big = new Uint8Array(16 * MIB).fill(88);
    await conn.sendBytes(big);
    assert.deepEqual(await conn.recvBytes(), big);
    assert.equal(conn.readable && conn.writable, true);
    await conn.sendBytes(new Uint8Array(0));
    await rejects(conn.recv(), EOFError);
    await rejects(conn.recvBytes(), EOFError);
    assert.equal(await conn.poll(), true, "the end can be read");
    assert.equal(await child.join(), 0);
  },
  "one-way ends (test_duplex_false)": async () => {
    const [reader, writer] = Pipe(false);
    await writer.send(1);
    assert.equal(await reader.recv(), 1);
    assert.deepEqual([reader.readable, reader.writable, writer.readable, writer.writable], [true, false, false, true]);
    await rejects(reader.send(2), UnsupportedError);
    await rejects(reader.sendBytes(text("x")), UnsupportedError);
    await rejects(writer.recv(), UnsupportedError);
    await rejects(writer.poll(), UnsupportedError);
    await rejects(wait([writer]), UnsupportedError);
    const [r2] = Pipe({ duplex: false });
    assert.equal(r2.writable, false);
    assert.throws(() => Pipe(1 as never), TypeError);
    assert.throws(() => Pipe(null as never), TypeError);
  },
  "the parent closes its copy right after start (test_spawn_close)": async () => {
    const [conn, childConn] = Pipe();
    const child = await started({ target: echo, args: [childConn] });
    childConn.close();
    await conn.sendBytes(text("hello"));
    assert.deepEqual(await conn.recvBytes(), text("hello"));
    await conn.sendBytes(new Uint8Array(0));
    conn.close();
    assert.equal(await child.join(), 0);
  },
  "offset and size of sendBytes (test_sendbytes)": async () => {
    const [a, b] = Pipe();
    const letters = text("abcdefghijklmnopqrstuvwxyz");
    for (const [offset, size, expected] of [
      [0, undefined, letters],
      [5, undefined, letters.slice(5)],
      [7, 8, letters.slice(7, 15)],
      [26, undefined, new Uint8Array(0)],
      [26, 0, new Uint8Array(0)],
    ] as const) {
      await a.sendBytes(letters, offset, size);
      assert.deepEqual(await b.recvBytes(), expected);
    }
    for (const [offset, size] of [
      [27, undefined],
      [22, 5],
      [26, 1],
      [-1, undefined],
      [4, -1],
      [0.5, undefined],
    ] as const)
      await rejects(a.sendBytes(letters, offset, size), RangeError);
    await rejects(a.sendBytes("text" as never), TypeError);
    await rejects(a.sendBytes(letters, null as never), TypeError);
    assert.equal(await b.poll(), false, "nothing was sent");
    await a.sendBytes(new Uint16Array([1, 2, 3]).subarray(1), 2);
    assert.deepEqual(await b.recvBytes(), new Uint8Array([3, 0]));
    await a.sendBytes(new Uint8Array([1, 2]).buffer);
    assert.deepEqual(await b.recvBytes(), new Uint8Array([1, 2]));
  },
  "bytes are sent as they are at the call, and received ones are nobody else's": async () => {
    const [here, there] = Pipe();
    const child = await started({ target: echoBytes, args: [there], transfer: [there] });
    for (const size of [1, 20_000, 100_000, 3_000_000]) {
      const bytes = new Uint8Array(size).fill(1);
      const sent = here.sendBytes(bytes);
      bytes.fill(2);
      await sent;
      const back = await here.recvBytes();
      assert.ok(back.length === size && back.every((byte) => byte === 1), `${size} bytes changed on their way`);
      if (size < 60_000) assert.equal(back.buffer.byteLength, size);
      // Within one process too.
      const [a, b] = Pipe();
      bytes.fill(1);
      const local = size < 1_000_000 ? a.sendBytes(bytes) : undefined;
      bytes.fill(2);
      if (local !== undefined) assert.ok((await b.recvBytes()).every((byte) => byte === 1));
      await local;
      a.close();
      b.close();
    }
    here.close();
    await child.join();
  },
  "received bytes stay what they are, however large the message is": async () => {
    const [a, b] = Pipe();
    const receive: Record<string, () => Promise<Uint8Array>> = {
      recvBytes: () => b.recvBytes(),
      recvBytesInto: async () =>
        ((await rejects(b.recvBytesInto(new Uint8Array(1)), BufferTooShort)) as BufferTooShort).bytes as Uint8Array,
    };
    if (isNative) receive.recvBytesSync = async () => b.recvBytesSync();
    for (const [name, once] of Object.entries(receive)) {
      for (const size of [(1 << 16) - 1, 1 << 16, (1 << 16) + 1]) {
        await a.sendBytes(new Uint8Array(size).fill(1));
        const first = await once();
        await a.sendBytes(new Uint8Array(16).fill(2));
        await once();
        assert.ok(first.length === size && first.every((byte) => byte === 1), `${name}: ${size} bytes were overwritten`);
      }
    }
    a.close();
    b.close();
  },
  "using closes (test_context)": async () => {
    const [a, b] = Pipe();
    a[Symbol.dispose]();
    b[Symbol.dispose]();
    assert.equal(a.closed && b.closed, true);
    await rejects(a.recv(), ClosedError);
    await rejects(a.send(1), ClosedError);
    await rejects(a.poll(), ClosedError);
    assert.throws(() => a.fileno(), ClosedError);
    a.close();
  },
  "an empty message makes poll true until it is read (test_empty_string)": async () => {
    const [a, b] = Pipe();
    assert.equal(await a.poll(), false);
    await b.sendBytes(new Uint8Array(0));
    assert.equal(await a.poll(), true);
    assert.equal(await a.poll(), true);
    assert.equal((await a.recvBytes()).length, 0);
    assert.equal(await a.poll(), false);
  },
  "messages stay whole and apart, empty ones too (test_strings, test_dont_merge)": async () => {
    const [a, b] = Pipe();
    const strings = ["hello", "", "a", "b", "", "bye", "", "lop"];
    for (const each of strings) await b.sendBytes(text(each));
    for (const each of strings) {
      assert.equal(await a.poll(0), true);
      assert.deepEqual(await a.recvBytes(), text(each));
    }
    assert.equal(await a.poll(100), false);
  },
  "a process that only polls swallows nothing (test_boundaries)": async () => {
    const [reader, writer] = Pipe<string>(false);
    const child = await started({ target: pollAndExit, args: [reader] });
    await writer.send("first");
    assert.equal(await child.result(), true);
    await child.join();
    await writer.send("second");
    assert.equal(await reader.recv(), "first");
    assert.equal(await reader.recv(), "second");
  },
  "wait collects from four writers (test_wait)": () => collectAll(0),
  "wait collects from four slow writers (test_wait_slow)": () => collectAll(100),
  "wait: nothing in time, then only the one that has something (test_wait_timeout)": async () => {
    const [a, b] = Pipe();
    const start = performance.now();
    assert.deepEqual(await wait([a, b], { timeout: 300 }), []);
    assert.ok(performance.now() - start >= 295);
    await b.send(null);
    assert.deepEqual(await wait([a, b], { timeout: 5000 }), [a]);
  },
  "wait: connections, queues, processes and sentinels together (test_wait_integer)": async () => {
    const [a, b] = Pipe();
    const q = new Queue();
    const child = await started({ target: forever });
    assert.deepEqual(await wait([a, child.sentinel, b, q], { timeout: 50 }), []);
    child.kill();
    assert.deepEqual(await wait([a, child.sentinel, b, q], { timeout: 5000 }), [child.sentinel]);
    await a.send(1);
    await q.put(1);
    assert.deepEqual(await wait([a, child.sentinel, b, q, child]), [child.sentinel, b, q, child]);
    await child.join();
  },
  "wait: a negative timeout looks once (test_neg_timeout)": async () => {
    const [a] = Pipe();
    const start = performance.now();
    assert.deepEqual(await wait([a], { timeout: -1 }), []);
    assert.ok(performance.now() - start < 1000);
  },
  "wait: what can't be waited for, closed ones, aborts, nothing at all": async () => {
    const [a, other] = Pipe();
    await rejects(wait([{}]), TypeError, /number 0/);
    await rejects(wait(5 as never), TypeError);
    await rejects(wait([a], { timeout: Number.NaN }), TypeError);
    assert.deepEqual(await wait([], { timeout: 20 }), []);
    const reason = new Error("enough");
    await assert.rejects(wait([a], { signal: AbortSignal.abort(reason) }), reason);
    const abort = new AbortController();
    const waiting = wait([a], { signal: abort.signal });
    setTimeout(() => abort.abort(reason), 20);
    await assert.rejects(waiting, reason);
    a.close();
    await rejects(wait([a]), ClosedError);
    other.close();
  },
  "no hidden timeouts (test_timeout)": async () => {
    const [a, b] = Pipe();
    const receiving = a.recv();
    await delay(1000);
    await b.send("late");
    assert.equal(await receiving, "late");
  },
  "a connection travels through a pipe, either way (test_pickling, test_access)": async () => {
    const [mine, childs] = Pipe<Connection<string>>();
    const child = await started({ target: useReceived, args: [childs] });
    const [reader, writer] = Pipe<string>(false);
    await mine.send(writer);
    writer.close();
    assert.equal(await reader.recv(), "through the one that was sent");
    await rejects(reader.recv(), EOFError);
    await child.join();
    const [mine2, childs2] = Pipe<Connection<number>>();
    const out = new Queue<number>();
    const child2 = await started({ target: readFromReceived, args: [childs2, out] });
    const [reader2, writer2] = Pipe<number>(false);
    await mine2.send(reader2);
    reader2.close();
    await writer2.send(1);
    await writer2.send(2);
    writer2.close();
    assert.deepEqual([await out.get(), await out.get()], [1, 2]);
    await child2.join();
  },
  "a pipe that a child made, used by its parent": async () => {
    const q = new Queue<Connection<string>>();
    const child = await started({ target: makePipeFor, args: [q] });
    const conn = await q.get();
    await conn.send("to the child that made it");
    assert.equal(await conn.recv(), "and back");
    conn.close();
    assert.equal(await child.join(), 0);
  },
  "an end that a grandchild uses": async () => {
    const [conn, childs] = Pipe();
    const child = await started({ target: grandEcho, args: [childs], transfer: [childs] });
    await conn.sendBytes(text("far"));
    assert.deepEqual(await conn.recvBytes(), text("far"));
    await conn.sendBytes(new Uint8Array(0));
    await rejects(conn.recv(), EOFError);
    await child.join();
  },
  "EOF when the child that holds the other end is killed; send is BrokenPipe": async () => {
    const [conn, childs] = Pipe();
    const child = await started({ target: holdEnd as never, args: [childs] as never, transfer: [childs] });
    await conn.send("a");
    const receiving = conn.recv();
    child.kill();
    await rejects(receiving, EOFError);
    await rejects(conn.send(1), BrokenPipeError);
    await child.join();
  },
  "a message cut off by a death says how much came": async () => {
    const [conn, childs] = Pipe();
    const ready = new Queue();
    const bytes = 900 * MIB;
    const child = await started({ target: sendBigThenHang, args: [childs, ready, bytes], transfer: [childs] });
    await ready.get();
    await delay(60);
    child.kill();
    await child.join();
    try {
      const whole = await conn.recvBytes();
      assert.equal(whole.length, bytes, "it was through already");
    } catch (error) {
      assert.ok(error instanceof EOFError);
      if (error.bytesExpected !== undefined) {
        assert.equal(error.bytesExpected, bytes);
        assert.ok((error.bytesArrived ?? bytes) < bytes);
        await rejects(conn.recv(), EOFError);
      }
    }
  },
  "recvBytes(maxLength): too long is dropped and the connection stays good": async () => {
    const [a, b] = Pipe();
    await a.sendBytes(text("too long"));
    await a.sendBytes(text("ok"));
    await rejects(b.recvBytes(3), MessageTooLongError, /8 bytes/);
    assert.deepEqual(await b.recvBytes(2), text("ok"));
    await a.sendBytes(new Uint8Array(0));
    assert.equal((await b.recvBytes(0)).length, 0);
    for (const bad of [-1, 1.5, Number.NaN]) await rejects(b.recvBytes(bad), RangeError, /maxLength/);
    await rejects(b.recvBytes("3" as never), TypeError);
    await rejects(b.recvBytesInto(new Uint8Array(2), 3), RangeError);
    await rejects(b.recvBytesInto("x" as never), TypeError);
  },
  "recv of bytes that are no value consumes them": async () => {
    const [a, b] = Pipe();
    await a.sendBytes(text("no value"));
    await a.send("a value");
    await rejects(b.recv(), SerializationError);
    assert.equal(await b.recv(), "a value");
  },
  "a value that can't travel sends nothing": async () => {
    const [a, b] = Pipe<unknown>();
    await rejects(
      a.send(() => 1),
      SerializationError,
      /value/,
    );
    await rejects(a.send({ at: [1, Symbol("s")] }), SerializationError, /value\.at\[1\]/);
    assert.equal(await b.poll(), false);
    await a.send(1);
    assert.equal(await b.recv(), 1);
  },
  "send waits while much is unread; timeout and abort send nothing": async () => {
    const [a, b] = Pipe();
    const large = a.sendBytes(new Uint8Array(2 * MIB));
    await rejects(a.send("x", { timeout: 50 }), TimeoutError);
    await rejects(a.send("x", { timeout: 0 }), TimeoutError);
    const reason = new Error("enough");
    const abort = new AbortController();
    const sending = a.send("y", { signal: abort.signal });
    abort.abort(reason);
    await assert.rejects(sending, reason);
    const last = a.send("z");
    assert.equal((await b.recvBytes()).length, 2 * MIB);
    await large;
    await last;
    assert.equal(await b.recv(), "z");
    assert.equal(await b.poll(), false);
  },
  "recv: timeout, abort, close while it waits": async () => {
    const [a, b] = Pipe();
    await rejects(a.recv({ timeout: 30 }), TimeoutError);
    await rejects(a.recv({ timeout: 0 }), TimeoutError);
    const reason = new Error("enough");
    const abort = new AbortController();
    const receiving = a.recv({ signal: abort.signal });
    abort.abort(reason);
    await assert.rejects(receiving, reason);
    await b.send(1);
    assert.equal(await a.recv(), 1);
    const closing = a.recv();
    a.close();
    await rejects(closing, ClosedError);
    await rejects(b.recv(), EOFError);
  },
  "close lets accepted sends out; iteration ends at EOF": async () => {
    const [a, b] = Pipe<number>();
    const sends = [a.send(1), a.send(2), a.send(3)];
    a.close();
    await Promise.all(sends);
    const seen: number[] = [];
    for await (const value of b) seen.push(value);
    assert.deepEqual(seen, [1, 2, 3]);
  },
  "poll: bad timeouts; null waits": async () => {
    const [a, b] = Pipe();
    for (const bad of [Number.NaN, "1", {}.constructor]) await rejects(a.poll(bad as never), TypeError);
    const polling = a.poll(null);
    await b.send(1);
    assert.equal(await polling, true);
    assert.equal(await a.poll({ timeout: 0 }), true);
    await rejects(a.poll({ timeout: Number.NaN }), TypeError);
  },
  "messages of 0 bytes to 64 MiB, with HUGE_MESSAGES=1 to 1 GiB; above the limit a RangeError first": async () => {
    const [a, b] = Pipe();
    const child = await started({ target: echo, args: [b], transfer: [b] });
    for (const size of [1, 16383, 16384, 65536, 65537, 5 * MIB]) {
      const bytes = new Uint8Array(size).map((_, i) => i % 251);
      await a.sendBytes(bytes);
      assert.deepEqual(await a.recvBytes(), bytes);
    }
    await rejects(a.sendBytes(new Uint8Array(1024 * MIB + 2 * MIB)), RangeError);
    await rejects(a.send(new Uint8Array(1024 * MIB + 2 * MIB)), RangeError);
    const huge = new Uint8Array((process.env.HUGE_MESSAGES === undefined ? 64 : 1024) * MIB);
    huge[huge.length - 1] = 7;
    await a.sendBytes(huge);
    const back = await a.recvBytes();
    assert.equal(back.length, huge.length);
    assert.equal(back[back.length - 1], 7);
    await a.sendBytes(new Uint8Array(0));
    await child.join();
  },
  "fileno and sync twins are for the native backend; no connection without Pipe()": async () => {
    const [a] = getContext("spawn", { backend: "portable" }).Pipe();
    for (const call of [
      () => a.fileno(),
      () => a.recvSync(),
      () => a.sendSync(1),
      () => a.recvBytesSync(),
      () => a.sendBytesSync(text("x")),
      () => a.recvBytesIntoSync(text("x")),
      () => a.pollSync(),
    ]) {
      assert.throws(call, UnsupportedError);
    }
    assert.throws(() => new Connection(), TypeError);
  },
  "transfer closes the parent's copy once the child has it": async () => {
    const [conn, childs] = Pipe();
    const child = await started({ target: sayHello, args: [childs], transfer: [childs] });
    assert.equal(await conn.recv(), "hello");
    assert.equal(childs.closed, true);
    await rejects(conn.recv(), EOFError);
    await child.join();
  },
  "a process handed a pipe has as many descriptors as its siblings (test_child_fd_inflation)": async () => {
    const ready = new Queue();
    const siblings = await Promise.all([1, 2, 3, 4, 5].map(() => started({ target: readyForever, args: [ready] })));
    for (const _ of siblings) await ready.get();
    // A runtime may still be closing files that it read at its start.
    let counts: number[] = [];
    for (let tries = 0; tries < 100 && new Set(counts).size !== 1; tries++) {
      await delay(100);
      counts = siblings.map((child) => readdirSync(`/proc/${child.pid}/fd`).length);
    }
    for (const child of siblings) child.kill();
    for (const child of siblings) await child.join();
    assert.equal(new Set(counts).size, 1, String(counts));
  },
};

export async function holdEnd(conn: Connection): Promise<void> {
  await conn.recv();
  await forever();
}

export async function readyForever(ready: Queue): Promise<void> {
  await ready.put("ready");
  await forever();
}
