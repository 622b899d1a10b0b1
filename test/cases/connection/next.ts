// On the portable backend a reader asks for the next message as soon as it has read one, before its program does. A sender copies large
// messages into memory that it uses again.
import assert from "node:assert/strict";
import { BrokenPipeError, type Connection, EOFError, Pipe, TimeoutError, wait } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isFilled, MIB, rejects, started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";

/** Reads a message in each way. The other end sends the next one when it has got the number of the last. */
export async function readInEachWay(conn: Connection<number>, back: Connection<number>): Promise<void> {
  const next = async (read: () => Promise<number>): Promise<void> => back.send(await read());
  await next(() => conn.recv());
  assert.equal(await conn.poll(), false);
  await rejects(conn.recv({ timeout: 0 }), TimeoutError);
  await rejects(conn.recv({ timeout: 20 }), TimeoutError);
  await back.send(0);
  await next(async () => {
    assert.deepEqual(await wait([conn], { timeout: 20_000 }), [conn]);
    return conn.recv({ timeout: 0 });
  });
  await next(async () => {
    assert.equal(await conn.poll(20_000), true);
    return conn.recv();
  });
  const [first, second] = [conn.recv(), conn.recv()];
  await next(() => first);
  await next(() => second);
  // A wait that was withdrawn takes no message.
  await rejects(conn.recv({ signal: AbortSignal.abort(new RangeError("enough")) }), RangeError);
  await back.send(0);
  await rejects(conn.recv({ timeout: 20_000 }), EOFError);
  assert.equal(await conn.poll(), true);
  await rejects(conn.recv({ timeout: 0 }), EOFError);
}

/** Reads so many messages, and sends its end back. */
export async function readSome(conn: Connection<number>, back: Connection<Connection<number>>, count: number): Promise<number[]> {
  const read: number[] = [];
  while (read.length < count) read.push(await conn.recv());
  await back.send(conn);
  conn.close();
  return read;
}

/** Reads a message, sends its end back, keeps it, and reads nothing more. */
export async function keepUnread(conn: Connection<number>, back: Connection<Connection<number> | number>): Promise<void> {
  await back.send(await conn.recv());
  await back.send(conn);
  await stay();
}

/** Sends large messages, several at once, from a buffer that it changes after each call. A send that nobody reads in time is one of them. */
export async function sendLarge(conn: Connection, told: Connection<string>): Promise<void> {
  const buffer = new Uint8Array(MIB);
  for (let round = 0; round < 3; round++) {
    const sends: Promise<void>[] = [];
    for (let i = 0; i < 4; i++) {
      buffer.fill(round * 4 + i);
      sends.push(conn.sendBytes(buffer, 0, MIB - i * 300_000));
    }
    buffer.fill(99);
    if (round === 1) await rejects(conn.sendBytes(buffer, 0, undefined, { timeout: 50 }), TimeoutError);
    await told.send("sent");
    await Promise.all(sends);
  }
}

export const cases: Cases = {
  "large messages arrive as they were at the call, also if several are on their way, or one was withdrawn": slow(async () => {
    const [mine, theirs] = Pipe();
    const [told, tell] = Pipe<string>(false);
    const child = await started({ target: sendLarge, args: [theirs, tell], transfer: [theirs, tell] });
    for (let i = 0; i < 12; i++) {
      if (i % 4 === 0) await told.recv({ timeout: 20_000 });
      const bytes = await mine.recvBytes(undefined, { timeout: 20_000 });
      assert.ok(isFilled(bytes, MIB - (i % 4) * 300_000, i), `message ${i}`);
    }
    await child.join();
    assert.equal(child.exitCode, 0);
    for (const each of [mine, told]) each.close();
  }),
  "each way to read sees a message that came before the program asked": async () => {
    const [mine, theirs] = Pipe<number>();
    const [told, tell] = Pipe<number>(false);
    const child = await started({ target: readInEachWay, args: [theirs, tell], transfer: [theirs, tell] });
    const limit = { timeout: 20_000 };
    await mine.send(1);
    assert.equal(await told.recv(limit), 1);
    assert.equal(await told.recv(limit), 0);
    for (let i = 2; i < 6; i++) {
      await mine.send(i);
      assert.equal(await told.recv(limit), i);
    }
    assert.equal(await told.recv(limit), 0);
    mine.close();
    await child.join();
    assert.equal(child.exitCode, 0);
    told.close();
  },
  "an end that has a message ahead goes to another process with all messages, in order": async () => {
    for (const count of [1, 2, 5]) {
      const [mine, theirs] = Pipe<number>();
      const [reader, writer] = Pipe<Connection<number>>();
      const child = await started({ target: readSome, args: [theirs, writer, count], transfer: [theirs, writer] });
      for (let i = 0; i < 8; i++) await mine.send(i);
      const end = await reader.recv({ timeout: 20_000 });
      const read = [];
      while (read.length < 8 - count) read.push(await end.recv({ timeout: 20_000 }));
      assert.deepEqual([...(await child.result()), ...read], [0, 1, 2, 3, 4, 5, 6, 7]);
      await child.join();
      for (const each of [mine, reader, end]) each.close();
    }
  },
  "a process that keeps its end and reads no more withholds no message from another reader": async () => {
    const [mine, theirs] = Pipe<number>();
    const [reader, writer] = Pipe<Connection<number> | number>();
    const child = await started({ target: keepUnread, args: [theirs, writer], transfer: [theirs, writer] });
    for (let i = 0; i < 4; i++) await mine.send(i);
    assert.equal(await reader.recv({ timeout: 20_000 }), 0);
    const end = (await reader.recv({ timeout: 20_000 })) as Connection<number>;
    for (let i = 1; i < 4; i++) assert.equal(await end.recv({ timeout: 20_000 }), i);
    child.kill();
    await child.join();
    await mine.send(4);
    assert.equal(await end.recv({ timeout: 20_000 }), 4);
    end.close();
    await rejects(mine.send(5), BrokenPipeError);
    for (const each of [mine, reader]) each.close();
  },
};
