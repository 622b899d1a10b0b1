// A root, a child and a grandchild; each says its pid, then is busy or idle. The test kills some of them.
import { writeSync } from "node:fs";
import { isMain, Process, Queue } from "../../mod.ts";

export async function node(kind: string, depth: number, said: Queue<number>): Promise<void> {
  if (depth > 0) {
    const child = new Process({ target: node, args: [kind, depth - 1, said], daemon: kind === "daemon" });
    await child.start();
  }
  await said.put(process.pid);
  if (kind === "busy" && depth === 0) for (;;);
  await new Promise(() => setInterval(() => {}, 1000));
}

export async function detachedNode(said: Queue<number>): Promise<void> {
  await said.put(process.pid);
  await new Promise((resolve) => setTimeout(resolve, 2500));
}

async function root(kind: string): Promise<void> {
  const said = new Queue<number>();
  const child =
    kind === "detached"
      ? new Process({ target: detachedNode, args: [said], detached: true })
      : new Process({ target: node, args: [kind, 1, said], daemon: kind === "daemon" });
  await child.start();
  const count = kind === "detached" ? 1 : 2;
  const pids = [process.pid];
  for (let i = 0; i < count; i++) pids.push(await said.get());
  writeSync(1, `${JSON.stringify(pids)}\n`);
  if (kind === "busy") for (;;);
  if (kind === "exit") process.exit(5);
  if (kind === "throw") throw new Error("the root fails");
  if (kind === "daemon") return;
  await new Promise(() => setInterval(() => {}, 1000));
}

if (isMain(import.meta)) await root(process.argv[2] ?? "idle");
