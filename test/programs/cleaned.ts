// Starts children before and after its temporary folder was emptied, as programs do that clean it. The second child hosts a queue of its own.
import { readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMain, Process, Queue } from "../../mod.ts";

export async function answer(q: Queue<unknown>, text: string): Promise<string> {
  await q.put(text);
  return text;
}

export async function shares(q: Queue<unknown>, back: Queue<string>): Promise<string> {
  const own = new Queue<string>();
  await own.put("inside");
  await q.put(own);
  return back.get();
}

function clean(): void {
  for (const name of readdirSync(tmpdir())) rmSync(join(tmpdir(), name), { recursive: true });
}

async function main(): Promise<void> {
  const q = new Queue<unknown>();
  const back = new Queue<string>();
  const seen: unknown[] = [];
  const sharing = new Process({ target: shares, args: [q, back] });
  for (const text of ["before", "after"]) {
    const child = new Process({ target: answer, args: [q, text] });
    await child.start();
    seen.push(await q.get({ timeout: 20_000 }), await child.result({ timeout: 20_000 }), await child.join());
    clean();
  }
  await sharing.start();
  const inner = (await q.get({ timeout: 20_000 })) as Queue<string>;
  seen.push(await inner.get({ timeout: 20_000 }));
  await back.put("done");
  seen.push(await sharing.result({ timeout: 20_000 }));
  console.log(JSON.stringify(seen));
}

if (isMain(import.meta)) await main();
