// MiB a second of an echo of raw bytes. Both ways count.
import { type Connection, isMain, Pipe, Process } from "../../../mod.ts";
import { rate, report } from "../measure.ts";
import { settings } from "../settings.ts";

export async function echo(conn: Connection): Promise<void> {
  for (let bytes = await conn.recvBytes(); bytes.length > 0; bytes = await conn.recvBytes()) await conn.sendBytes(bytes);
}

if (isMain(import.meta)) {
  const { bytes, ms } = settings({ bytes: 1 << 20, ms: 1000 });
  const [conn, theirs] = Pipe();
  const child = new Process({ target: echo, args: [theirs], transfer: [theirs] });
  await child.start();
  const payload = new Uint8Array(bytes).fill(7);
  const pass = async (count: number): Promise<number> => {
    for (let i = 0; i < count; i++) {
      await conn.sendBytes(payload);
      await conn.recvBytes();
    }
    return count;
  };
  report((2 * bytes * (await rate(pass, ms, 1))) / 2 ** 20);
  await conn.sendBytes(new Uint8Array());
  await child.join();
}
