import { type Connection, isMain, Lock, Pipe, Process } from "../mod.ts";
import { observe, stay } from "./observe.ts";

export async function hold(lock: Lock, tell: Connection): Promise<void> {
  await lock.acquire();
  await tell.send("held");
  await stay();
}

if (isMain(import.meta)) {
  const lock = new Lock();
  const [told, tell] = Pipe(false);
  const holder = new Process({ target: hold, args: [lock, tell] });
  await holder.start();
  await told.recv();
  holder.kill();
  await holder.join();
  const begun = performance.now();
  const acquired = await lock.acquire({ timeout: 2000 });
  observe(acquired ? `acquired, \`abandoned\` is ${lock.abandoned}` : "not acquired", begun, acquired && lock.abandoned);
}
