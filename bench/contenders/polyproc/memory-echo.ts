// MiB a second of an echo through shared memory: each side copies bytes into it and out of it, and notifies the other over a pipe.
import { type Connection, isMain, Pipe, Process, SharedMemory } from "../../../mod.ts";
import { rate, report } from "../measure.ts";
import { settings } from "../settings.ts";

export async function echo(conn: Connection<boolean>, memory: SharedMemory): Promise<void> {
  const half = memory.buf.length / 2;
  const copy = new Uint8Array(half);
  for (let more = await conn.recv(); more; more = await conn.recv()) {
    copy.set(memory.buf.subarray(0, half));
    memory.buf.set(copy, half);
    await conn.send(true);
  }
}

if (isMain(import.meta)) {
  const { bytes, ms } = settings({ bytes: 1 << 20, ms: 1000 });
  const [conn, theirs] = Pipe<boolean>();
  const memory = new SharedMemory({ size: 2 * bytes });
  const child = new Process({ target: echo, args: [theirs, memory], transfer: [theirs] });
  await child.start();
  const payload = new Uint8Array(bytes).fill(7);
  const answer = new Uint8Array(bytes);
  const pass = async (count: number): Promise<number> => {
    for (let i = 0; i < count; i++) {
      memory.buf.set(payload);
      await conn.send(true);
      await conn.recv();
      answer.set(memory.buf.subarray(bytes, 2 * bytes));
    }
    return count;
  };
  report((2 * bytes * (await rate(pass, ms, 1))) / 2 ** 20);
  await conn.send(false);
  await child.join();
}
