// Milliseconds from start() to the end of a child, or to the first line of its target. The first start counts only if it is the only one.
import { setTimeout as delay } from "node:timers/promises";
import { type Connection, isMain, Pipe, Process, setForkserverPreload, setStartMethod } from "../../../mod.ts";
import { report } from "../measure.ts";

export function nothing(): void {}

export async function say(conn: Connection<number>): Promise<void> {
  await conn.send(1);
}

async function startAndJoin(): Promise<number> {
  const begin = performance.now();
  const child = new Process({ target: nothing });
  await child.start();
  await child.join();
  return performance.now() - begin;
}

async function startToFirstLine(): Promise<number> {
  const [conn, theirs] = Pipe<number>(false);
  const begin = performance.now();
  const child = new Process({ target: say, args: [theirs], transfer: [theirs] });
  await child.start();
  await conn.recv();
  const took = performance.now() - begin;
  await child.join();
  conn.close();
  return took;
}

if (isMain(import.meta)) {
  // Loaded here, because the child is measured and loads this module too.
  const { settings } = await import("../settings.ts");
  const { method, until, starts, pause } = settings({ method: "spawn", until: "join", starts: 10, pause: 0 });
  setStartMethod(method === "forkserver" ? "forkserver" : "spawn");
  // The forkserver of CPython imports the main module by default.
  setForkserverPreload([import.meta.url]);
  const once = until === "join" ? startAndJoin : startToFirstLine;
  const times = [await once()];
  while (times.length < starts) {
    await delay(pause);
    times.push(await once());
  }
  report(starts === 1 ? times : times.slice(1));
  process.exit();
}
