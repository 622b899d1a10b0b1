// Prints the process ids of a parent and its child, whose descriptors the test then compares.
import { openSync } from "node:fs";
import { isMain, Process, Queue } from "../../mod.ts";

export async function ready(said: Queue<number>): Promise<void> {
  await said.put(process.pid);
  await new Promise(() => setInterval(() => {}, 1000));
}

if (isMain(import.meta)) {
  openSync("/etc/hostname", "r");
  const said = new Queue<number>();
  const child = new Process({ target: ready, args: [said] });
  await child.start();
  console.log(JSON.stringify({ parent: process.pid, child: await said.get() }));
}
