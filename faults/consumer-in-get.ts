import { type Connection, Empty, isMain, Pipe, Process, Queue } from "../mod.ts";
import { named, observe } from "./observe.ts";

export async function consume(queue: Queue<string>, tell: Connection): Promise<void> {
  await tell.send("waiting");
  await queue.get();
}

if (isMain(import.meta)) {
  const queue = new Queue<string>();
  const [told, tell] = Pipe(false);
  const consumer = new Process({ target: consume, args: [queue, tell] });
  await consumer.start();
  await told.recv();
  await new Promise((resolve) => setTimeout(resolve, 500));
  consumer.kill();
  await consumer.join();
  const begun = performance.now();
  await queue.put("item");
  const answer = await queue.get({ timeout: 3000 }).then(
    (item) => (item === "item" ? "delivered" : `got ${item}`),
    (error: unknown) => (error instanceof Empty ? "`Empty`" : named(error)),
  );
  observe(answer, begun, answer === "delivered");
}
