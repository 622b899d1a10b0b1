import assert from "node:assert/strict";
import { Condition, Lock, Queue, RLock } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { started } from "../../suite/help.ts";
import { goOn, killed, stay, stopped, timed } from "../../suite/sync.ts";
import { eventLoopTurns } from "../helpers/signals.ts";
import { holdAndStay } from "../lock/helpers.ts";
import { notifyAll, staysEmpty, waiter } from "./helpers.ts";

export async function waitAndStay(cond: Condition, sleeping: Queue, woken: Queue): Promise<void> {
  await waiter(cond, sleeping, woken);
  await stay();
}

export const cases: Cases = {
  "notify does not wait for its waiters, and a killed waiter gets nothing": slow(async () => {
    for (const all of [false, true]) {
      const [cond, sleeping, woken] = [new Condition(), new Queue(), new Queue()];
      const dead = await started({ target: waitAndStay, args: [cond, sleeping, woken] });
      await sleeping.get();
      const child = await started({ target: waiter, args: [cond, sleeping, woken] });
      await sleeping.get();
      await cond.acquire();
      dead.kill();
      await dead.join();
      await timed(0, 500, () => (all ? cond.notifyAll() : cond.notify()));
      await cond.release();
      assert.equal(await timed(0, 1000, () => woken.get()), true);
      await child.join();
      cond.close();
    }
  }),
  "a notification of a killed waiter is passed on": async () => {
    const [cond, sleeping, woken] = [new Condition(), new Queue(), new Queue()];
    const dead = await started({ target: waitAndStay, args: [cond, sleeping, woken] });
    await sleeping.get();
    const child = await started({ target: waiter, args: [cond, sleeping, woken] });
    await sleeping.get();
    await cond.acquire();
    await stopped(dead);
    await cond.notify();
    await cond.release();
    await staysEmpty(woken);
    assert.equal(await killed(dead, woken.get({ timeout: 10_000 })), true);
    await child.join();
    cond.close();
  },
  "a waiter that takes the lock over from a dead holder is told": slow(async () => {
    for (const lock of [new Lock(), new RLock(), undefined]) {
      const [cond, ready] = [new Condition(lock), new Queue()];
      const abort = new AbortController();
      await cond.acquire();
      const waiting = cond.wait({ signal: abort.signal });
      const child = await started({ target: holdAndStay, args: [cond, ready] });
      await ready.get();
      abort.abort(new Error("enough"));
      // The wait ends, and waits for the lock that the child holds.
      await eventLoopTurns();
      await assert.rejects(killed(child, waiting), /enough/);
      await child.join();
      assert.equal(cond.abandoned, true);
      assert.equal(lock?.abandoned ?? true, true);
      await cond.release();
      const held = await cond.hold();
      assert.equal(held.abandoned, false);
      await held.release();
      cond.close();
      lock?.close();
    }
  }),
  "a stopped waiter delays neither notify nor the other waiters": async () => {
    const [cond, sleeping, woken] = [new Condition(new Lock()), new Queue(), new Queue()];
    const child = await started({ target: waiter, args: [cond, sleeping, woken] });
    await sleeping.get();
    await cond.acquire();
    await stopped(child);
    const task = waiter(cond, sleeping, woken);
    await cond.release();
    await sleeping.get();
    await notifyAll(cond);
    assert.equal(await woken.get({ timeout: 5000 }), true);
    await task;
    goOn(child);
    assert.equal(await woken.get({ timeout: 10_000 }), true);
    assert.equal(await child.join(), 0);
    cond.close();
  },
};
