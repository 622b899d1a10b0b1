import { type Connection, isMain, JoinableQueue, ProcessDiedError } from "../mod.ts";
import { kill, start, stay } from "./children.ts";
import { named, observe } from "./observe.ts";

export async function consume(queue: JoinableQueue<string>, sender: Connection): Promise<void> {
  await queue.get();
  await sender.send("taken");
  await stay();
}

if (isMain(import.meta)) {
  const queue = new JoinableQueue<string>();
  await queue.put("item");
  await kill(await start(consume, queue));
  const begun = performance.now();
  const error = await queue.join({ timeout: 8000 }).catch((reason: unknown) => reason);
  const ok = error instanceof ProcessDiedError && error.items === 1;
  observe(ok ? "`join()`: `ProcessDiedError`, 1 item" : `\`join()\`: ${named(error)}`, begun, ok);
}
