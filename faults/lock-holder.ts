import { type Connection, isMain, Lock } from "../mod.ts";
import { kill, start, stay } from "./children.ts";
import { observe } from "./observe.ts";

export async function hold(lock: Lock, sender: Connection): Promise<void> {
  await lock.acquire();
  await sender.send("held");
  await stay();
}

if (isMain(import.meta)) {
  const lock = new Lock();
  await kill(await start(hold, lock));
  const begun = performance.now();
  const acquired = await lock.acquire({ timeout: 2000 });
  observe(acquired ? `acquired, \`abandoned\` is ${lock.abandoned}` : "not acquired", begun, acquired && lock.abandoned);
}
