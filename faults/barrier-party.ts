import { setTimeout as delay } from "node:timers/promises";
import { Barrier, type Connection, isMain } from "../mod.ts";
import { kill, start } from "./children.ts";
import { named, observe, unlessBlocked } from "./observe.ts";

export async function party(barrier: Barrier, sender: Connection): Promise<void> {
  await sender.send("coming");
  await sender.send(await outcomeOfWait(barrier));
}

function outcomeOfWait(barrier: Barrier): Promise<string> {
  return barrier.wait().then(() => "passed", named);
}

if (isMain(import.meta)) {
  const barrier = new Barrier(3);
  const victim = await start(party, barrier);
  const { receiver } = await start(party, barrier);
  // Both children wait at the barrier by then.
  await delay(500);
  await kill(victim);
  const begun = unlessBlocked("wait()");
  const outcomes = await Promise.all([receiver.recv(), outcomeOfWait(barrier)]);
  observe(
    `the others: ${[...new Set(outcomes)].join(", ")}`,
    begun,
    outcomes.every((outcome) => outcome === "`BrokenBarrierError`"),
  );
}
