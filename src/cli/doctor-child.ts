import type { Queue } from "../api/queue.ts";
import { runtime } from "../runtime/current.ts";

/** What the child runs that the doctor starts. */
export async function answer(q: Queue<string>): Promise<void> {
  await q.put(runtime.name);
}
