// Run by root: a child gives up its user, and then makes a queue and starts a child of its own.
import { isMain, Process, Queue } from "../../mod.ts";

export async function answer(q: Queue<string>): Promise<void> {
  await q.put(`from user ${process.getuid?.()}`);
}

export async function drops(q: Queue<string>): Promise<string> {
  process.setgid?.(65534);
  process.setuid?.(65534);
  await q.put("the old queue works");
  const own = new Queue<string>();
  const child = new Process({ target: answer, args: [own] });
  await child.start();
  const item = await own.get({ timeout: 10_000 });
  await child.join();
  return item;
}

if (isMain(import.meta)) {
  const q = new Queue<string>();
  const child = new Process({ target: drops, args: [q] });
  await child.start();
  console.log(JSON.stringify([await q.get({ timeout: 10_000 }), await child.result({ timeout: 20_000 })]));
}
