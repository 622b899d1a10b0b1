import { setTimeout as delay } from "node:timers/promises";
import { type Connection, isMain, Queue } from "../mod.ts";
import { kill, start } from "./children.ts";
import { named, observe } from "./observe.ts";

export async function consume(queue: Queue<string>, sender: Connection): Promise<void> {
  await sender.send("waiting");
  await queue.get();
}

if (isMain(import.meta)) {
  const queue = new Queue<string>();
  const consumer = await start(consume, queue);
  // The child waits in get() by then.
  await delay(500);
  await kill(consumer);
  const begun = performance.now();
  await queue.put("item");
  const outcome = await queue.get({ timeout: 3000 }).then((item) => (item === "item" ? "delivered" : `got ${item}`), named);
  observe(outcome, begun, outcome === "delivered");
}
