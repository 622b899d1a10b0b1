// A pool of two workers, both of which run a task and are killed then.
import { Pool, Queue } from "../mod.ts";
import { stay } from "./children.ts";

export async function run(begun: Queue<number>): Promise<void> {
  await begun.put(process.pid);
  await stay();
}

/** Returns the pool, and what becomes of both tasks. */
export async function killBoth(): Promise<{ pool: Pool; outcomes: Promise<PromiseSettledResult<void>[]> }> {
  const begun = new Queue<number>();
  const pool = new Pool({ processes: 2 });
  const outcomes = Promise.allSettled([1, 2].map(() => pool.apply(run, [begun])));
  const pids = [await begun.get(), await begun.get()];
  for (const pid of pids) process.kill(pid, "SIGKILL");
  return { pool, outcomes };
}
