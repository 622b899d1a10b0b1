// Holds a lock for which a child waits, has two items in a queue, prints its pid, and then computes for ever.
import { writeSync } from "node:fs";
import { Event, isMain, Lock, Process, Queue } from "../../mod.ts";

export async function wait(lock: Lock, ready: Event): Promise<void> {
  const waits = lock.acquire();
  await ready.set();
  await waits;
}

if (isMain(import.meta)) {
  const [lock, ready, q] = [new Lock(), new Event(), new Queue<number>({ maxsize: 5 })];
  await lock.acquire();
  await q.put(1);
  await q.put(2);
  const child = new Process({ target: wait, args: [lock, ready], name: "waiter" });
  await child.start();
  await ready.wait();
  // A page that is due is written before the event loop blocks.
  await new Promise((resolve) => setTimeout(resolve, 20));
  writeSync(1, `"${process.pid}"\n`);
  for (;;);
}
