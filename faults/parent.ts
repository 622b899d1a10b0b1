import { readFileSync } from "node:fs";
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

// Whoever gets the orphan may be slow to reap it.
function isAlive(pid: unknown): boolean {
  try {
    return !/^State:\t[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch {
    return false;
  }
}

if (isMain(import.meta)) {
  const [told, tell] = Pipe(false);
  const middle = new Process({ target: parent, args: [tell] });
  await middle.start();
  const pid = await told.recv();
  middle.kill();
  await middle.join();
  const begun = performance.now();
  while (isAlive(pid) && performance.now() - begun < 2000) await new Promise((resolve) => setTimeout(resolve, 1));
  const left = isAlive(pid);
  observe(left ? "the child is still alive" : "the child is gone", begun, !left && performance.now() - begun < 1000);
}
