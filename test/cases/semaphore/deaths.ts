import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { BoundedSemaphore, Queue, Semaphore, StateError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, started } from "../../suite/help.ts";
import { goOn, killed, onlyNative, stay, stopped } from "../../suite/sync.ts";

export async function takePermits(semaphore: Semaphore, count: number, ready: Queue): Promise<void> {
  for (let i = 0; i < count; i++) await semaphore.acquire();
  await ready.put("taken");
  await stay();
}

/** Acquires and releases as fast as it can, until it is killed. */
export async function hammer(semaphore: Semaphore, ready: Queue): Promise<void> {
  await ready.put("hammering");
  for (;;) {
    semaphore.acquireSync();
    semaphore.releaseSync();
  }
}

export const cases: Cases = {
  "the permits of a dead process come back to a robust semaphore, and not to another one": slow(async () => {
    for (const robust of [true, false]) {
      for (const Class of [Semaphore, BoundedSemaphore]) {
        const [semaphore, ready] = [new Class({ value: 3, robust }), new Queue()];
        const child = await started({ target: takePermits, args: [semaphore, 2, ready] });
        await ready.get();
        await semaphore.acquire();
        assert.equal(await semaphore.getValue(), 0);
        if (robust) {
          assert.equal(await killed(child, semaphore.acquire({ timeout: 10_000 })), true);
          assert.equal(await semaphore.getValue(), 1);
          assert.equal(await semaphore.acquire({ block: false }), true);
          assert.equal(await semaphore.acquire({ block: false }), false);
          for (let i = 0; i < 3; i++) await semaphore.release();
        } else {
          child.kill();
          await child.join();
          assert.equal(await semaphore.acquire({ timeout: 300 }), false);
          assert.equal(await semaphore.getValue(), 0);
          // As in Python, another process may give them back.
          for (let i = 0; i < 3; i++) await semaphore.release();
        }
        assert.equal(await semaphore.getValue(), 3);
        if (Class === BoundedSemaphore) await rejects(semaphore.release(), StateError);
        semaphore.close();
      }
    }
  }),
  "permits that another process gave back do not come back again when their taker dies": async () => {
    const [semaphore, ready] = [new Semaphore({ value: 2, robust: true }), new Queue()];
    const child = await started({ target: takePermits, args: [semaphore, 2, ready] });
    await ready.get();
    await semaphore.release();
    assert.equal(await semaphore.getValue(), 1);
    child.kill();
    await child.join();
    assert.equal(await semaphore.acquire({ timeout: 2000 }), true);
    assert.equal(await semaphore.acquire({ timeout: 2000 }), true);
    assert.equal(await semaphore.acquire({ timeout: 300 }), false);
    assert.equal(await semaphore.getValue(), 0);
    semaphore.close();
  },
  "a process that is stopped in the middle of a call on a semaphore does no harm": slow(async () => {
    onlyNative();
    const [semaphore, ready] = [new Semaphore(3), new Queue()];
    const child = await started({ target: hammer, args: [semaphore, ready] });
    await ready.get();
    for (let i = 0; i < 30; i++) {
      await stopped(child);
      const start = performance.now();
      if (await semaphore.acquire({ timeout: 50 })) await semaphore.release();
      await semaphore.getValue();
      assert.ok(performance.now() - start < 12_000);
      goOn(child);
      // The child is stopped at another moment of its calls each time.
      await delay(i % 5);
    }
    child.terminate();
    await child.join();
    // The permit that the child had when it ended is gone, one at most.
    assert.ok((await semaphore.getValue()) >= 2);
    semaphore.close();
  }),
};
