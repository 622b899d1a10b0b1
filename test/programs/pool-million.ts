// Lets very many calls of a pool wait at once, and prints what it has seen: `pool-million.ts --tasks N`.
import { isMain, Pool } from "../../mod.ts";
import { integer, readArguments } from "../../tools/arguments.ts";

export function add(a: number, b: number): number {
  return a + b;
}

async function main(): Promise<void> {
  const { tasks } = readArguments("pool-million.ts", { tasks: integer(1_000_000, 1) });
  const pool = new Pool({ processes: 2 });
  await pool.apply(add, [1, 1]);
  const { done: first } = pool.stats();
  const before = process.memoryUsage().rss;
  const calls = Array.from({ length: tasks }, (_, i) => pool.apply(add, [i, 1]));
  const { queued } = pool.stats();
  const bytes = (process.memoryUsage().rss - before) / tasks;
  let wrong = 0;
  for (const [i, call] of calls.entries()) if ((await call) !== i + 1) wrong++;
  console.log(JSON.stringify({ queued, wrong, done: pool.stats().done - first, bytes }));
  pool.close();
  await pool.join();
}

if (isMain(import.meta)) await main();
