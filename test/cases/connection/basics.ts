import assert from "node:assert/strict";
import { BufferTooShort, ClosedError, type Connection, EOFError, Pipe, UnsupportedError, wait } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isFilled, MIB, rejects, started, utf8 } from "../../suite/help.ts";
import { echo } from "./helpers.ts";

export async function sayHello(conn: Connection): Promise<void> {
  await conn.send("hello");
}

export async function pollAndExit(conn: Connection): Promise<boolean> {
  return conn.poll(5000);
}

export const cases: Cases = {
  "values and bytes there and back (test_connection)": slow(async () => {
    const [conn, childConn] = Pipe();
    const child = await started({ target: echo, args: [childConn], transfer: [childConn] });
    assert.equal(await conn.send([1, 2.25, null]), undefined);
    assert.deepEqual(await conn.recv(), [1, 2.25, null]);
    await conn.sendBytes(utf8("really big"));
    assert.deepEqual(await conn.recvBytes(), utf8("really big"));
    const longs = new Uint32Array(10);
    await conn.sendBytes(new Uint32Array([1, 2, 3]));
    assert.equal(await conn.recvBytesInto(longs), 12);
    assert.deepEqual([...longs], [1, 2, 3, 0, 0, 0, 0, 0, 0, 0]);
    await conn.sendBytes(new Uint32Array([1, 2, 3]));
    assert.equal(await conn.recvBytesInto(longs, 3 * 4), 12);
    assert.deepEqual([...longs], [1, 2, 3, 1, 2, 3, 0, 0, 0, 0]);
    await conn.sendBytes(utf8("longer than the buffer"));
    const error = (await rejects(conn.recvBytesInto(new Uint8Array(4)), BufferTooShort)) as BufferTooShort;
    assert.deepEqual(error.bytes, utf8("longer than the buffer"));
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
    assert.ok(isFilled(await conn.recvBytes(), big.length, 88));
    assert.equal(conn.readable && conn.writable, true);
    await conn.sendBytes(new Uint8Array(0));
    await rejects(conn.recv(), EOFError);
    await rejects(conn.recvBytes(), EOFError);
    assert.equal(await conn.poll(), true, "the end can be read");
    assert.equal(await child.join(), 0);
  }),
  "one-way ends (test_duplex_false)": async () => {
    const [reader, writer] = Pipe(false);
    await writer.send(1);
    assert.equal(await reader.recv(), 1);
    assert.deepEqual([reader.readable, reader.writable, writer.readable, writer.writable], [true, false, false, true]);
    await rejects(reader.send(2), UnsupportedError);
    await rejects(reader.sendBytes(utf8("x")), UnsupportedError);
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
    await conn.sendBytes(utf8("hello"));
    assert.deepEqual(await conn.recvBytes(), utf8("hello"));
    await conn.sendBytes(new Uint8Array(0));
    conn.close();
    assert.equal(await child.join(), 0);
  },
  "offset and size of sendBytes (test_sendbytes)": async () => {
    const [a, b] = Pipe();
    const letters = utf8("abcdefghijklmnopqrstuvwxyz");
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
  "`using` closes a connection (test_context)": async () => {
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
  "a process that only polls takes no message (test_boundaries)": async () => {
    const [reader, writer] = Pipe<string>(false);
    const child = await started({ target: pollAndExit, args: [reader] });
    await writer.send("first");
    assert.equal(await child.result(), true);
    await child.join();
    await writer.send("second");
    assert.equal(await reader.recv(), "first");
    assert.equal(await reader.recv(), "second");
  },
  "transfer closes the parent's copy once the child has it": async () => {
    const [conn, childs] = Pipe();
    const child = await started({ target: sayHello, args: [childs], transfer: [childs] });
    assert.equal(await conn.recv(), "hello");
    assert.equal(childs.closed, true);
    await rejects(conn.recv(), EOFError);
    await child.join();
  },
};
