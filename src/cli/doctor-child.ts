import type { Queue } from "../api/queue.ts";
import { runtime } from "../runtime/current.ts";

/** The target of the child that the doctor starts to check that a child can run and use a queue. */
export async function answer(q: Queue<string>): Promise<void> {
  await q.put(runtime.name);
}
