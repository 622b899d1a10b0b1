import assert from "node:assert/strict";
import { readlinkSync } from "node:fs";
import { type Connection, EOFError, Full, type ParentProcess, Pipe, parentProcess, Queue, TimeoutError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { MIB, rejects, started } from "../../suite/help.ts";
import { fallenAsleep } from "../helpers/signals.ts";

export function sum(a: number, b: number): number {
  return a + b;
}

export function echoConnectionSync(conn: Connection): void {
  for (;;) {
    const bytes = conn.recvBytesSync();
    conn.sendBytesSync(bytes);
    if (new TextDecoder().decode(bytes).includes("end")) return;
  }
}

export function countBytes(conn: Connection): void {
  conn.sendSync(conn.recvBytesSync().reduce((total, byte) => total + byte, 0));
}

export async function receiveThrough(conn: Connection<Connection>): Promise<number> {
  const end = await conn.recv();
  return (await end.recvBytes()).reduce((total, byte) => total + byte, 0);
}

export async function receiveTwo(end: Connection<Uint8Array>): Promise<number[]> {
  const sum = async (): Promise<number> => (await end.recvBytes()).reduce((total, byte) => total + byte, 0);
  // The parent then waits in its blocking send.
  await fallenAsleep(parentProcess() as ParentProcess);
  return [await sum(), await sum()];
}

/** Only the native backend has what these cases test. */
export const only = "native";

export const cases: Cases = {
  "connection: the blocking calls, and both kinds mixed": async () => {
    const [a, b] = Pipe<unknown>();
    const child = await started({ target: echoConnectionSync, args: [b], transfer: [b] });
    a.sendSync({ deep: [1, "2", a === b] });
    assert.deepEqual(a.recvSync({ timeout: 20_000 }), { deep: [1, "2", false] });
    a.sendBytesSync(new Uint8Array([1, 2, 3]), 1);
    assert.equal(a.pollSync(20_000), true);
    assert.deepEqual(a.recvBytesSync(), new Uint8Array([2, 3]));
    await a.send("async");
    assert.equal(a.recvSync(), "async");
    a.sendSync("sync");
    assert.equal(await a.recv(), "sync");
    const buffer = new Uint8Array(8);
    a.sendBytesSync(new Uint8Array([7]));
    assert.equal(a.recvBytesIntoSync(buffer, 2), 1);
    assert.equal(buffer[2], 7);
    assert.equal(a.pollSync(), false);
    assert.throws(() => a.recvSync({ timeout: 30 }), TimeoutError);
    a.sendSync("end");
    assert.equal(a.recvSync(), "end");
    assert.equal(child.joinSync(), 0);
    assert.throws(() => a.recvSync(), EOFError);
  },
  "connection: a large message blocks until it is read, and is whole": slow(async () => {
    const [a, b] = Pipe();
    const child = await started({ target: countBytes, args: [b], transfer: [b] });
    a.sendBytesSync(new Uint8Array(64 * MIB).fill(5));
    assert.equal(a.recvSync(), 64 * MIB * 5);
    child.joinSync();
  }),
  "connection: a timeout of a blocking send counts before its first byte": async () => {
    const [a] = Pipe();
    while (true) {
      try {
        a.sendBytesSync(new Uint8Array(1024), 0, undefined, { timeout: 0 });
      } catch (error) {
        assert.ok(error instanceof TimeoutError);
        break;
      }
    }
  },
  "fileno is an open socket": async () => {
    const [a] = Pipe();
    assert.match(readlinkSync(`/proc/self/fd/${a.fileno()}`), /^socket:/);
    const fd = a.fileno();
    a.close();
    assert.throws(() => readlinkSync(`/proc/self/fd/${fd}`));
  },
  "an end whose transfer failed is closed by close()": async () => {
    const full = new Queue(1);
    await full.put(1);
    const [a, b] = Pipe();
    assert.throws(() => full.putSync(b, { timeout: 0 }), Full);
    await rejects(full.putNowait(b), Full);
    b.close();
    await rejects(a.recv(), EOFError);
  },
  "a blocking send waits for what was sent before": async () => {
    const [a, b] = Pipe<Uint8Array>();
    const first = a.sendBytes(new Uint8Array(3 * MIB).fill(7));
    assert.throws(() => a.sendBytesSync(new Uint8Array(100), undefined, undefined, { timeout: 50 }), TimeoutError);
    const child = await started({ target: receiveTwo, args: [b] });
    a.sendBytesSync(new Uint8Array(100).fill(9));
    await first;
    assert.deepEqual(await child.result({ timeout: 20_000 }), [3 * MIB * 7, 900]);
    await child.join();
  },
  "an end whose transfer failed keeps the data that it has read": async () => {
    const [a, b] = Pipe<Uint8Array>();
    const full = new Queue(1);
    await full.put("x");
    const sending = a.sendBytes(new Uint8Array(4 * MIB).fill(3));
    await rejects(b.recvBytes(undefined, { timeout: 0 }), TimeoutError);
    await rejects(full.put(b, { timeout: 0 }), Full);
    assert.equal((await b.recvBytes()).length, 4 * MIB);
    await sending;
  },
  "an end that is sent takes its half-read message along": async () => {
    const [a, b] = Pipe<Uint8Array>();
    const [to, end] = Pipe<Connection>();
    const sending = a.sendBytes(new Uint8Array(4 * MIB).fill(3));
    assert.throws(() => b.recvBytesSync(undefined, { timeout: 30 }), TimeoutError);
    const child = await started({ target: receiveThrough, args: [end] });
    await to.send(b);
    b.close();
    assert.equal(await child.result({ timeout: 20_000 }), 4 * MIB * 3);
    await sending;
    await child.join();
  },
};
