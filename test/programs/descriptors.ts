// Prints the pids of a parent and its child, so that a test can look at their descriptors.
import { openSync } from "node:fs";
import { isMain, Process, Queue } from "../../mod.ts";

export async function ready(pids: Queue<number>): Promise<void> {
  await pids.put(process.pid);
  await new Promise(() => setInterval(() => {}, 1000));
}

if (isMain(import.meta)) {
  openSync("/etc/hostname", "r");
  const pids = new Queue<number>();
  const child = new Process({ target: ready, args: [pids] });
  await child.start();
  console.log(JSON.stringify({ parent: process.pid, child: await pids.get() }));
}
