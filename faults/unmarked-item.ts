import { type Connection, isMain, JoinableQueue, Pipe, Process, ProcessDiedError } from "../mod.ts";
import { named, observe, stay } from "./observe.ts";

export async function consume(queue: JoinableQueue<string>, tell: Connection): Promise<void> {
  await queue.get();
  await tell.send("taken");
  await stay();
}

if (isMain(import.meta)) {
  const queue = new JoinableQueue<string>();
  const [told, tell] = Pipe(false);
  const consumer = new Process({ target: consume, args: [queue, tell] });
  await queue.put("item");
  await consumer.start();
  await told.recv();
  consumer.kill();
  await consumer.join();
  const begun = performance.now();
  const answer = await queue.join({ timeout: 8000 }).catch((error: unknown) => error);
  const ok = answer instanceof ProcessDiedError && answer.items === 1;
  observe(ok ? "`join()`: `ProcessDiedError`, 1 item" : `\`join()\`: ${named(answer)}`, begun, ok);
}
