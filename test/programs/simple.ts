// A parent, a child and one item: what a restricted or odd environment must run, or refuse clearly.
import { isMain, Process, Queue } from "../../mod.ts";

export async function say(q: Queue<string>): Promise<void> {
  await q.put("hello from a child");
}

async function main(): Promise<void> {
  const q = new Queue<string>();
  const child = new Process({ target: say, args: [q] });
  await child.start();
  const item = await Promise.race([q.get({ timeout: 15_000 }), child.result().then(() => q.get())]);
  console.log(JSON.stringify({ item, code: await child.join() }));
}

if (isMain(import.meta)) await main();
