// Starts a child that works in another folder, and one after it has gone there itself.
import { isMain, Process, Queue } from "../../mod.ts";

export async function where(q: Queue<string>): Promise<void> {
  await q.put(process.cwd());
}

if (isMain(import.meta)) {
  const q = new Queue<string>();
  const seen: string[] = [];
  for (const cwd of ["/", undefined]) {
    if (cwd === undefined) process.chdir("/");
    const child = new Process({ target: where, args: [q], cwd });
    await child.start();
    seen.push(await q.get({ timeout: 10_000 }));
    await child.join();
  }
  console.log(JSON.stringify(seen));
}
