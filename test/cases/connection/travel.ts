import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type Connection, EOFError, Pipe, Process, Queue } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, started, utf8 } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";
import { echo } from "./helpers.ts";

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

export async function readyForever(ready: Queue): Promise<void> {
  await ready.put("ready");
  await stay();
}

export const cases: Cases = {
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
  "an end that a grandchild uses": slow(async () => {
    const [conn, childs] = Pipe();
    const child = await started({ target: grandEcho, args: [childs], transfer: [childs] });
    await conn.sendBytes(utf8("far"));
    assert.deepEqual(await conn.recvBytes(), utf8("far"));
    await conn.sendBytes(new Uint8Array(0));
    await rejects(conn.recv(), EOFError);
    await child.join();
  }),
  "a process handed a pipe has as many descriptors as its siblings (test_child_fd_inflation)": slow(async () => {
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
  }),
};
