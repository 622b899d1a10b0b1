// A program whose pool has a worker that computes, one that waits and one that is idle. It tells their pids, and is killed by the test.
import { writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { isMain, Pool, Queue } from "../../mod.ts";

export async function compute(begun: Queue<number>): Promise<void> {
  await begun.put(process.pid);
  for (;;);
}

export async function waitLong(begun: Queue<number>): Promise<void> {
  await begun.put(process.pid);
  await delay(1e9);
}

if (isMain(import.meta)) {
  const pool = new Pool({ processes: { min: 3, max: 3 } });
  const begun = new Queue<number>();
  void pool.apply(compute, [begun]);
  void pool.apply(waitLong, [begun]);
  await begun.get();
  await begun.get();
  while (pool.workers.some(({ state }) => state === "starting")) await delay(10);
  writeSync(1, `${JSON.stringify(pool.workers.map(({ pid, state }) => ({ pid, state })))}\n`);
}
