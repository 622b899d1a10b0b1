import { Condition, type Connection, isMain, TimeoutError } from "../mod.ts";
import { kill, start } from "./children.ts";
import { observe, unlessBlocked } from "./observe.ts";

export async function waitFor(changed: Condition, sender: Connection): Promise<void> {
  await changed.acquire();
  await sender.send("waiting");
  await changed.wait();
}

if (isMain(import.meta)) {
  const changed = new Condition();
  const waiter = await start(waitFor, changed);
  // The lock is free only once the child waits.
  await changed.acquire();
  await changed.release();
  await kill(waiter);
  const begun = unlessBlocked("notify()");
  if (!(await changed.acquire({ timeout: 2000 })))
    throw new TimeoutError("the condition's lock can't be acquired, although nobody holds it");
  await changed.notify();
  await changed.release();
  observe("`notify()` returned", begun, true);
}
