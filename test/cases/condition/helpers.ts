// The targets of the child processes in these cases, and checks of who was woken.
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Condition, Queue, SharedValue } from "../../../mod.ts";
import { timed } from "../../suite/sync.ts";

/** Waits, and says so while it still holds the lock: a process that gets the lock next knows that this one waits. */
export async function waiter(cond: Condition, sleeping: Queue, woken: Queue, timeout?: number): Promise<void> {
  await cond.acquire();
  await sleeping.put("sleeping");
  await woken.put(await cond.wait({ timeout }));
  await cond.release();
}

/** Waits in several tasks of this process. */
export async function waiters(cond: Condition, sleeping: Queue, woken: Queue, count: number, timeout?: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => waiter(cond, sleeping, woken, timeout)));
}

export async function notifyOne(cond: Condition): Promise<void> {
  await cond.acquire();
  await cond.notify();
  await cond.release();
}

/** Waits until the state is the wanted one; says so in `asked` each time that it is not, with the lock held. */
export async function waitUntil(
  cond: Condition,
  state: SharedValue<"i32">,
  wanted: number,
  asked: Queue,
  timeout?: number,
): Promise<boolean> {
  const held = await cond.hold();
  const isWanted = async (): Promise<boolean> => {
    const reached = (await state.get()) === wanted;
    if (!reached) await asked.put("not yet");
    return reached;
  };
  const result = await cond.waitFor(isWanted, { timeout });
  await held.release();
  return result;
}

/** Asserts that nothing comes. Nothing can be awaited here, so this looks after the time that a wrong wake-up would take. */
export async function staysEmpty(q: Queue): Promise<void> {
  await delay(60);
  assert.equal(await q.empty(), true);
}

export async function notify(cond: Condition, count?: number): Promise<void> {
  const held = await cond.hold();
  await timed(0, 1000, () => cond.notify(count));
  await held.release();
}

export async function notifyAll(cond: Condition): Promise<void> {
  const held = await cond.hold();
  await timed(0, 1000, () => cond.notifyAll());
  await held.release();
}
