// A parent, a child and one item. Restricted environments must run this or refuse it clearly.
import { isMain, Process, Queue } from "../../mod.ts";

export async function say(q: Queue<string>): Promise<void> {
  await q.put("hello from a child");
}

async function main(): Promise<void> {
  const q = new Queue<string>();
  const child = new Process({ target: say, args: [q] });
  await child.start();
  await child.result();
  const item = await q.get({ timeout: 1000 });
  console.log(JSON.stringify({ item, code: await child.join() }));
}

if (isMain(import.meta)) await main();
