// MiB of resident memory that so many queues take in the process that makes them. Each has had an item.
import { isMain, Queue } from "../../../mod.ts";
import { residentMemory } from "../../../tools/processes.ts";
import { report } from "../measure.ts";
import { settings } from "../settings.ts";

async function makeQueue(): Promise<Queue<number>> {
  const queue = new Queue<number>();
  await queue.put(1);
  await queue.get();
  return queue;
}

if (isMain(import.meta)) {
  const { objects } = settings({ objects: 1 });
  const first = await makeQueue();
  const before = residentMemory(process.pid);
  const queues = [first];
  while (queues.length <= objects) queues.push(await makeQueue());
  report(residentMemory(process.pid) - before);
  for (const queue of queues) queue.close();
  process.exit();
}
