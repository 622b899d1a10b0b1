import { setTimeout as delay } from "node:timers/promises";
import { type Connection, isMain, Process } from "../mod.ts";
import { isAlive } from "../tools/processes.ts";
import { kill, start, stay } from "./children.ts";
import { observe } from "./observe.ts";

export async function child(sender: Connection): Promise<void> {
  await sender.send("started");
  await sender.send(process.pid);
  await stay();
}

export async function parent(sender: Connection): Promise<void> {
  await new Process({ target: child, args: [sender], daemon: true }).start();
  await stay();
}

if (isMain(import.meta)) {
  const middle = await start(parent);
  const pid = Number(await middle.receiver.recv());
  await kill(middle);
  const begun = performance.now();
  while (isAlive(pid) && performance.now() - begun < 2000) await delay(1);
  const left = isAlive(pid);
  observe(left ? "the child is still alive" : "the child is gone", begun, !left && performance.now() - begun < 1000);
}
