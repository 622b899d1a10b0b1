// MiB of resident memory of an idle child.
import { type Connection, isMain, Pipe, Process } from "../../../mod.ts";

export async function idle(conn: Connection<number>): Promise<void> {
  await conn.send(1);
  await conn.recv();
}

if (isMain(import.meta)) {
  // Loaded here, because the child is measured and loads this module too.
  const { setTimeout: delay } = await import("node:timers/promises");
  const { residentMemory } = await import("../../../tools/processes.ts");
  const { report } = await import("../measure.ts");
  const { settings } = await import("../settings.ts");
  const { settle } = settings({ settle: 1000 });
  const [conn, theirs] = Pipe<number>();
  const child = new Process({ target: idle, args: [theirs], transfer: [theirs] });
  await child.start();
  await conn.recv();
  await delay(settle);
  report(residentMemory(child.pid ?? 0));
  await conn.send(0);
  await child.join();
}
