import assert from "node:assert/strict";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BrokenPipeError, type Connection, EOFError, Pipe } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { MIB, rejects, started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";
import { eventLoopTurns, until } from "../helpers/signals.ts";

export async function sendBigThenHang(conn: Connection, bytes: number, marker: string): Promise<void> {
  const sending = conn.sendBytes(new Uint8Array(bytes));
  await eventLoopTurns();
  // A file, because a message about it might have to wait behind the large one.
  writeFileSync(marker, "");
  await sending;
  await stay();
}

export async function holdEnd(conn: Connection): Promise<void> {
  await conn.recv();
  await stay();
}

export const cases: Cases = {
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
  "a message cut off by a death says how much came": slow(async () => {
    const [conn, childs] = Pipe();
    const marker = join(tmpdir(), `sending-${process.pid}`);
    const bytes = 256 * MIB;
    const child = await started({ target: sendBigThenHang, args: [childs, bytes, marker], transfer: [childs] });
    await until(() => existsSync(marker));
    rmSync(marker);
    child.kill();
    await child.join();
    const error = (await rejects(conn.recvBytes(), EOFError)) as EOFError;
    assert.equal(error.bytesExpected, bytes);
    assert.ok((error.bytesArrived ?? bytes) < bytes);
    await rejects(conn.recv(), EOFError);
  }),
};
