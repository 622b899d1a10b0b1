// Does what the log and the trace tell of: runs tasks, loses workers, and kills a child.
import { currentTask, getLogger, isMain, Pool, Process } from "../../mod.ts";

export function spin(ms: number): number {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
}

export function quick(n: number): number {
  return n + 1;
}

export function quicker(n: number): number {
  return n + 1;
}

export function dieOnce(): number {
  if (currentTask()?.attempt === 1) process.kill(process.pid, "SIGKILL");
  getLogger().info("survived");
  return 1;
}

export function forEver(): void {
  for (;;);
}

async function main(): Promise<void> {
  const pool = new Pool({ processes: 2, name: "two" });
  await pool.map(spin, [2, 2, 2, 2]);
  await pool.apply(dieOnce, [], { retries: 1 });
  const numbers = Array.from({ length: 5000 }, (_, i) => i);
  for (let kills = 0; kills < 3; kills++) {
    const all = pool.map(quick, numbers, { chunkSize: 1, retries: 9 });
    await pool.apply(quick, [1], { retries: 9 });
    for (const { pid } of pool.workers) if (pid !== null) process.kill(pid, "SIGKILL");
    await all;
  }
  await Promise.all(numbers.map((n) => pool.apply(quicker, [n])));
  const busy = new Process({ target: forEver, name: "busy" });
  await busy.start();
  busy.kill();
  await busy.join();
  pool.close();
  await pool.join();
}

if (isMain(import.meta)) await main();
