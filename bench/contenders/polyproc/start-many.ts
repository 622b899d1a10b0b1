// Milliseconds until so many children, started at once, run their target's first line.
import { type Connection, isMain, Pipe, Process } from "../../../mod.ts";
import { report } from "../measure.ts";

export async function sayAndWait(conn: Connection<number>): Promise<void> {
  await conn.send(1);
  await conn.recv();
}

if (isMain(import.meta)) {
  // Loaded here, because the children are measured and load this module too.
  const { settings } = await import("../settings.ts");
  const { children } = settings({ children: 1 });
  const begin = performance.now();
  const started = Array.from({ length: children }, async () => {
    const [conn, theirs] = Pipe<number>();
    const child = new Process({ target: sayAndWait, args: [theirs], transfer: [theirs] });
    await child.start();
    await conn.recv();
    return { child, conn };
  });
  const all = await Promise.all(started);
  report(performance.now() - begin);
  for (const { conn } of all) await conn.send(0);
  for (const { child } of all) await child.join();
}
