// Makes a queue and puts an item, again and again, until the kernel gives memory. Prints the errors and what the failures left open.
import { readdirSync } from "node:fs";
import { isMain, ProcessError, Queue } from "../../mod.ts";

const descriptors = (): number => readdirSync("/proc/self/fd").length;

async function retried<T>(run: () => T | Promise<T>): Promise<{ value: T; refusals: string[] }> {
  const refusals: string[] = [];
  for (;;) {
    try {
      return { value: await run(), refusals };
    } catch (error) {
      if (!(error instanceof ProcessError) || refusals.length > 10) throw error;
      refusals.push(error.message);
    }
  }
}

async function main(): Promise<void> {
  // This opens everything that a process opens once and keeps.
  new Queue<string>().close();
  const before = descriptors();
  const made = await retried(() => new Queue<string>());
  made.value.close();
  const left = descriptors() - before;
  const q = new Queue<string>();
  const put = await retried(() => q.put("an item"));
  const { size, puts } = await q.stats();
  console.log(JSON.stringify({ made: made.refusals, put: put.refusals, size, puts, item: await q.get(), left }));
}

if (isMain(import.meta)) await main();
