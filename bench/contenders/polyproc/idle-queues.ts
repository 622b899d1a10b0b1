// The processor time, in percent of a core, that a process takes while it waits at many queues and nothing happens.
import { isMain, Queue } from "../../../mod.ts";
import { report } from "../measure.ts";
import { settings } from "../settings.ts";

if (isMain(import.meta)) {
  const { queues, settle } = settings({ queues: 1000, settle: 1000 });
  const all = Array.from({ length: queues }, () => new Queue<number>());
  const waits = all.map((queue) => queue.get());
  await new Promise((resolve) => setTimeout(resolve, settle));
  const [begun, before] = [performance.now(), process.cpuUsage()];
  await new Promise((resolve) => setTimeout(resolve, 2 * settle));
  const { user, system } = process.cpuUsage(before);
  report(((user + system) / 1000 / (performance.now() - begun)) * 100);
  for (const queue of all) await queue.put(1);
  await Promise.all(waits);
  for (const queue of all) queue.close();
}
