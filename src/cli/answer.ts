import type { Queue } from "../queue.ts";
import { runtime } from "../runtime/runtime.ts";

/** What the child runs that the doctor starts. */
export async function answer(q: Queue<string>): Promise<void> {
  await q.put(runtime.name);
}
