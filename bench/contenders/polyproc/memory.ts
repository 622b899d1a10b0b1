// MiB of memory that an idle child has resident.
import { setTimeout as delay } from "node:timers/promises";
import { type Connection, isMain, Pipe, Process } from "../../../mod.ts";
import { report, settings } from "../measure.ts";
import { resident } from "../resident.ts";

export async function idle(conn: Connection<number>): Promise<void> {
  await conn.send(1);
  await conn.recv();
}

if (isMain(import.meta)) {
  const { settle } = settings({ settle: 1000 });
  const [conn, theirs] = Pipe<number>();
  const child = new Process({ target: idle, args: [theirs], transfer: [theirs] });
  await child.start();
  await conn.recv();
  await delay(settle);
  report(resident(child.pid ?? 0));
  await conn.send(0);
  await child.join();
}
