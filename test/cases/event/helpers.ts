// The targets of the child processes in these cases.
import assert from "node:assert/strict";
import type { Event, Queue } from "../../../mod.ts";

/** Begins to wait, says so, and gives the result of the wait. */
export async function waitForEvent(event: Event, ready: Queue): Promise<boolean> {
  const waiting = event.wait();
  assert.equal(await event.isSet(), false);
  await ready.put("waiting");
  return waiting;
}

/** Sets the event for a moment. */
export async function flash(event: Event): Promise<void> {
  await event.set();
  await event.clear();
}
