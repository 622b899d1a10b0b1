import { Queue } from "../../../mod.ts";

/** Puts a value into a queue and takes it out again. */
export async function throughQueue(value: unknown): Promise<unknown> {
  const queue = new Queue();
  try {
    await queue.put(value);
    return await queue.get();
  } finally {
    queue.close();
  }
}

/** Returns what a function throws. */
export function thrownBy(call: () => unknown): Error & Record<string, unknown> {
  try {
    call();
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error("it threw nothing");
}
