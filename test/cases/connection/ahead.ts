import assert from "node:assert/strict";
import { type Connection, Event, Pipe, TimeoutError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isNative, MIB, rejects, started } from "../../suite/help.ts";

export async function sendFirst(conn: Connection, size: number): Promise<number> {
  await conn.sendBytes(new Uint8Array(size));
  return (await conn.recvBytes()).length;
}

export async function sendFirstBlocking(conn: Connection, size: number): Promise<number> {
  conn.sendBytesSync(new Uint8Array(size));
  return conn.recvBytesSync().length;
}

export async function readAll(conn: Connection): Promise<number[]> {
  const lengths: number[] = [];
  for (let i = 0; i < 2; i++) lengths.push((await conn.recvBytes()).length);
  const event = (await conn.recv()) as Event;
  await event.set();
  return lengths;
}

export const cases: Cases = {
  "both ends send much before they receive": slow(async () => {
    const [mine, childs] = Pipe();
    const child = await started({ target: sendFirst, args: [childs, 8 * MIB], transfer: [childs] });
    await mine.sendBytes(new Uint8Array(8 * MIB), 0, undefined, { timeout: 20_000 });
    assert.equal((await mine.recvBytes()).length, 8 * MIB);
    assert.equal(await child.result(), 8 * MIB);
    await child.join();
  }),
  "both ends send much before they receive, by blocking calls": slow(async () => {
    if (!isNative) return;
    const [mine, childs] = Pipe();
    const child = await started({ target: sendFirstBlocking, args: [childs, 8 * MIB], transfer: [childs] });
    mine.sendBytesSync(new Uint8Array(8 * MIB), 0, undefined, { timeout: 20_000 });
    assert.equal(mine.recvBytesSync().length, 8 * MIB);
    assert.equal(await child.result(), 8 * MIB);
    await child.join();
  }),
  "a connection that has read much ahead goes to a child with all of it, and with the objects inside": slow(async () => {
    // On the portable backend nothing is read ahead: the hub keeps what is unread.
    if (!isNative) return;
    const [mine, other] = Pipe();
    const event = new Event();
    const sends = [other.sendBytes(new Uint8Array(3 * MIB)), other.sendBytes(new Uint8Array(0)), other.send(event)];
    // The send waits, so this end reads ahead what the other end sends.
    const stuck = mine.sendBytes(new Uint8Array(4 * MIB));
    await Promise.all(sends);
    assert.equal((await other.recvBytes()).length, 4 * MIB);
    await stuck;
    const child = await started({ target: readAll, args: [mine], transfer: [mine] });
    assert.equal(await event.wait({ timeout: 20_000 }), true);
    assert.deepEqual(await child.result(), [3 * MIB, 0]);
    await child.join();
    for (const object of [other, event]) object.close();
  }),
  "a send to an end that does not read ends on time, and the message still arrives whole": slow(async () => {
    if (!isNative) return;
    const [a, b] = Pipe();
    const begun = performance.now();
    const error = await rejects(a.sendBytes(new Uint8Array(4 * MIB), 0, undefined, { timeout: 200 }), TimeoutError);
    assert.equal((error as TimeoutError & { mayHaveHappened?: boolean }).mayHaveHappened, true);
    assert.throws(() => a.sendBytesSync(new Uint8Array(4 * MIB), 0, undefined, { timeout: 200 }), TimeoutError);
    const took = performance.now() - begun;
    assert.ok(took < 3000, `two sends with a timeout of 200 ms took ${took} ms`);
    assert.equal((await b.recvBytes()).length, 4 * MIB);
    assert.equal(await b.poll(100), false);
    for (const end of [a, b]) end.close();
  }),
  "a pipe refuses more objects in a message than it can carry, and goes on": async () => {
    if (!isNative) return;
    const [a, b] = Pipe();
    const events = Array.from({ length: 254 }, () => new Event());
    await rejects(a.send(events), Error, /at most 253 shared objects/);
    await a.send(events.slice(0, 253));
    const received = (await b.recv()) as Event[];
    assert.equal(received.length, 253);
    for (const object of [...events, ...received, a, b]) object.close();
  },
};
