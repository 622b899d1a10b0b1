import assert from "node:assert/strict";
import { Event, getContext, Queue, UnsupportedError, waitSync } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isNative, run, started } from "../../suite/help.ts";
import { timed } from "../../suite/sync.ts";
import { takeItems } from "../helpers/signals.ts";
import { flash, waitForEvent } from "./helpers.ts";

export async function setIt(event: Event): Promise<void> {
  await event.set();
}

export async function receiveAndSet(q: Queue<{ deep: [Event] }>): Promise<void> {
  const { deep } = await q.get();
  await deep[0].set();
}

export function waitForEventBlocking(event: Event, other: Event): boolean {
  other.setSync();
  return event.waitSync({ timeout: 10_000 });
}

export const cases: Cases = {
  "an event is not set at first; set, clear, and set by a child (test_event)": slow(async () => {
    const event = new Event();
    assert.equal(await event.isSet(), false);
    assert.equal(await timed(0, 500, () => event.wait({ timeout: 0 })), false);
    assert.equal(await timed(0, 500, () => event.wait({ timeout: -1 })), false);
    assert.equal(await timed(120, 2000, () => event.wait({ timeout: 120 })), false);
    assert.equal(await event.set(), undefined);
    await event.set();
    assert.equal(await event.isSet(), true);
    assert.equal(await timed(0, 500, () => event.wait()), true);
    assert.equal(await timed(0, 500, () => event.wait({ timeout: 0 })), true);
    await event.clear();
    await event.clear();
    assert.equal(await event.isSet(), false);
    const waiting = event.wait();
    const child = await started({ target: setIt, args: [event] });
    assert.equal(await waiting, true);
    assert.equal(await event.isSet(), true);
    await child.join();
    event.close();
  }),
  "an event that is set for a moment wakes every waiter": async () => {
    const [event, ready] = [new Event(), new Queue()];
    const children = await Promise.all([0, 1].map(() => started({ target: waitForEvent, args: [event, ready] })));
    const waits = [event.wait(), event.wait({ timeout: 10_000 })];
    await takeItems(ready, 2);
    await flash(event);
    assert.deepEqual(await Promise.all(waits), [true, true]);
    for (const child of children) {
      assert.equal(await child.result({ timeout: 10_000 }), true);
      await child.join();
    }
    assert.equal(await event.isSet(), false);
    assert.equal(await event.wait({ timeout: 0 }), false);
    event.close();
  },
  "events travel": async () => {
    const [event, q] = [new Event(), new Queue<{ deep: [Event] }>()];
    await q.put({ deep: [event] });
    await run({ target: receiveAndSet, args: [q] });
    assert.equal(await event.wait({ timeout: 1000 }), true);
    event.close();
  },
  "the synchronous calls block on the native backend, and the portable one refuses them": async () => {
    const portable = new (getContext("spawn", { backend: "portable" }).Event)();
    assert.throws(() => portable.waitSync(), UnsupportedError);
    assert.throws(() => portable.setSync(), UnsupportedError);
    assert.throws(() => waitSync([portable], { timeout: 0 }), UnsupportedError);
    portable.close();
    if (!isNative) return;
    const [event, other] = [new Event(), new Event()];
    const start = performance.now();
    assert.equal(event.waitSync({ timeout: 120 }), false);
    assert.ok(performance.now() - start >= 119);
    const child = await started({ target: waitForEventBlocking, args: [event, other] });
    assert.equal(other.waitSync({ timeout: 10_000 }), true);
    event.setSync();
    assert.equal(event.waitSync(), true);
    assert.equal(child.resultSync({ timeout: 10_000 }), true);
    await child.join();
    await event.clear();
    assert.deepEqual(waitSync([event, other], { timeout: 30 }), [other]);
    event.close();
    other.close();
  },
};
