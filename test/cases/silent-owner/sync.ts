import assert from "node:assert/strict";
import { BrokenBarrierError } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { goOn, inTime, isOpen, stopped, withOwner } from "./helpers.ts";

export const cases: Cases = {
  "an acquisition that was given up is returned": () =>
    withOwner(async ({ lock, rlock, semaphore }, owner) => {
      await stopped(owner);
      const grants = await Promise.all([lock, rlock, semaphore].map((each) => inTime(200, () => each.acquire({ timeout: 200 }))));
      const looks = await Promise.all([lock, rlock, semaphore].map((each) => inTime(1000, () => each.acquire({ block: false }))));
      assert.deepEqual([...grants, ...looks], [false, false, false, false, false, false]);
      goOn(owner);
      for (const each of [lock, rlock, semaphore]) {
        assert.equal(await each.acquire({ timeout: 5000 }), true);
        assert.equal(each.abandoned, false);
        await each.release();
      }
      assert.equal(await semaphore.getValue(), 1);
    }),
  "Event.wait ends in time": () =>
    withOwner(async ({ event }, owner) => {
      await event.set();
      await stopped(owner);
      assert.equal(await inTime(200, () => event.wait({ timeout: 200 })), false);
    }),
  "Condition.wait ends in time: before it could release the lock, the lock is still held": () =>
    withOwner(async ({ condition }, owner) => {
      await condition.acquire();
      await stopped(owner);
      assert.equal(await inTime(200, () => condition.wait({ timeout: 200 })), false);
      const reason = new Error("enough");
      const abort = new AbortController();
      setTimeout(() => abort.abort(reason), 100);
      assert.equal(await inTime(100, () => condition.wait({ signal: abort.signal })), reason);
      goOn(owner);
      await condition.notifyAll();
      await condition.release();
      assert.equal(await condition.acquire({ timeout: 5000 }), true, "nobody else holds the lock, and nobody waits");
      await condition.release();
    }),
  "Condition.wait ends in time: later, the lock is not held, and goes to others": () =>
    withOwner(async ({ condition }, owner) => {
      await condition.acquire();
      const waiting = inTime(400, () => condition.wait({ timeout: 400 }));
      // The owner has replied until the wait itself.
      await condition.acquire();
      await condition.release();
      await stopped(owner);
      isOpen(await waiting);
      goOn(owner);
      assert.equal(await condition.acquire({ timeout: 5000 }), true);
      await condition.release();
    }),
  "Barrier.wait ends in time, and the barrier breaks": () =>
    withOwner(async ({ barrier }, owner) => {
      const early = barrier.wait({ timeout: 300 });
      while ((await barrier.getWaiting()) === 0);
      await stopped(owner);
      isOpen(await inTime(300, () => early));
      goOn(owner);
      while (!(await barrier.isBroken()));
      await barrier.reset();
      await stopped(owner);
      assert.ok((await inTime(200, () => barrier.wait({ timeout: 200 }))) instanceof BrokenBarrierError);
      goOn(owner);
      while (!(await barrier.isBroken()));
    }),
};
