import { existsSync } from "node:fs";
import { type Connection, isMain, Pipe, Process } from "../mod.ts";
import { observe, stay } from "./observe.ts";

export async function child(tell: Connection): Promise<void> {
  await tell.send(process.pid);
  await stay();
}

export async function parent(tell: Connection): Promise<void> {
  await new Process({ target: child, args: [tell], daemon: true }).start();
  await stay();
}

if (isMain(import.meta)) {
  const [told, tell] = Pipe(false);
  const middle = new Process({ target: parent, args: [tell] });
  await middle.start();
  const pid = await told.recv();
  middle.kill();
  await middle.join();
  const begun = performance.now();
  while (existsSync(`/proc/${pid}`) && performance.now() - begun < 2000) await new Promise((resolve) => setTimeout(resolve, 1));
  const isAlive = existsSync(`/proc/${pid}`);
  observe(isAlive ? "the child is still alive" : "the child is gone", begun, !isAlive);
}
