import assert from "node:assert/strict";
import { Semaphore } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { timed } from "../../suite/sync.ts";
import { eventLoopTurns, until } from "../helpers/signals.ts";

export const cases: Cases = {
  "acquire respects its timeout when no permit is there (test_timeout)": async () => {
    const semaphore = new Semaphore(0);
    for (const look of [
      { block: false },
      { block: false, timeout: undefined },
      { block: false, timeout: 100_000 },
      { timeout: 0 },
      { timeout: -7 },
    ])
      assert.equal(await timed(0, 500, () => semaphore.acquire(look)), false);
    assert.equal(await timed(150, 2000, () => semaphore.acquire({ block: true, timeout: 150 })), false);
    assert.equal(await timed(150, 2000, () => semaphore.acquire({ timeout: 150 })), false);
    semaphore.close();
  },
  "four releases at once wake four waiters": async () => {
    const semaphore = new Semaphore(0);
    let woken = 0;
    const waits = [0, 1, 2, 3, 4].map(async () => {
      const had = await semaphore.acquire({ timeout: 5000 });
      woken++;
      return had;
    });
    await eventLoopTurns();
    await Promise.all([semaphore.release(), semaphore.release(), semaphore.release(), semaphore.release()]);
    await until(() => woken >= 4);
    await eventLoopTurns();
    assert.equal(woken, 4);
    assert.equal(await semaphore.getValue(), 0);
    await semaphore.release();
    assert.deepEqual(await Promise.all(waits), [true, true, true, true, true]);
    semaphore.close();
  },
};
