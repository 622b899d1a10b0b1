import { Condition, type Connection, isMain, Pipe, Process, TimeoutError } from "../mod.ts";
import { observe } from "./observe.ts";

export async function waitFor(changed: Condition, tell: Connection): Promise<void> {
  await changed.acquire();
  await tell.send("waiting");
  await changed.wait();
}

if (isMain(import.meta)) {
  const changed = new Condition();
  const [told, tell] = Pipe(false);
  const waiter = new Process({ target: waitFor, args: [changed, tell] });
  await waiter.start();
  await told.recv();
  // To be had once it waits.
  await changed.acquire();
  await changed.release();
  waiter.kill();
  await waiter.join();
  const begun = performance.now();
  const limit = setTimeout(() => observe("`notify()` still blocked", begun, false), 8000);
  if (!(await changed.acquire({ timeout: 2000 }))) throw new TimeoutError("nobody holds the condition's lock, and it is not to be had");
  await changed.notify();
  await changed.release();
  clearTimeout(limit);
  observe("`notify()` returned", begun, true);
}
