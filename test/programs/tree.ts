// A root, a child and a grandchild. Each reports its pid and is busy or idle then. The test kills some of them.
import { writeSync } from "node:fs";
import { isMain, Process, Queue } from "../../mod.ts";
import { choice, readArguments } from "../../tools/arguments.ts";

export async function node(kind: string, depth: number, pids: Queue<number>): Promise<void> {
  if (depth > 0) {
    const child = new Process({ target: node, args: [kind, depth - 1, pids], daemon: kind === "daemon" });
    await child.start();
  }
  await pids.put(process.pid);
  if (kind === "busy" && depth === 0) for (;;);
  await new Promise(() => setInterval(() => {}, 1000));
}

export async function detachedNode(pids: Queue<number>): Promise<void> {
  await pids.put(process.pid);
  await new Promise((resolve) => setTimeout(resolve, 2500));
}

async function root(kind: string): Promise<void> {
  const reports = new Queue<number>();
  const child =
    kind === "detached"
      ? new Process({ target: detachedNode, args: [reports], detached: true })
      : new Process({ target: node, args: [kind, 1, reports], daemon: kind === "daemon" });
  await child.start();
  const count = kind === "detached" ? 1 : 2;
  const pids = [process.pid];
  for (let i = 0; i < count; i++) pids.push(await reports.get());
  writeSync(1, `${JSON.stringify(pids)}\n`);
  if (kind === "busy") for (;;);
  if (kind === "exit") process.exit(5);
  if (kind === "throw") throw new Error("the root fails");
  if (kind === "daemon") return;
  await new Promise(() => setInterval(() => {}, 1000));
}

if (isMain(import.meta))
  await root(readArguments("tree.ts", { kind: choice(["idle", "busy", "exit", "throw", "daemon", "detached"], "idle") }).kind);
