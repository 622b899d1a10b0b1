import assert from "node:assert/strict";
import { BoundedSemaphore, Semaphore, StateError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, run } from "../../suite/help.ts";
import { releaseIt } from "../lock/helpers.ts";

export const cases: Cases = {
  "Semaphore: its values, a refusal at 0, releases above the first value (test_semaphore)": slow(async () => {
    for (const semaphore of [new Semaphore(2), new Semaphore({ value: 2 })]) {
      assert.equal(await semaphore.getValue(), 2);
      assert.equal(await semaphore.acquire(), true);
      assert.equal(await semaphore.getValue(), 1);
      assert.equal(await semaphore.acquire(), true);
      assert.equal(await semaphore.getValue(), 0);
      assert.equal(await semaphore.acquire({ block: false }), false);
      for (let i = 1; i <= 4; i++) {
        assert.equal(await semaphore.release(), undefined);
        assert.equal(await semaphore.getValue(), i);
      }
      semaphore.close();
    }
    const one = new Semaphore();
    assert.equal(await one.getValue(), 1);
    one.close();
  }),
  "BoundedSemaphore: the same values, and never above the first one (test_bounded_semaphore)": async () => {
    const semaphore = new BoundedSemaphore(2);
    await rejects(semaphore.release(), StateError, /as many permits/);
    assert.equal(await semaphore.acquire(), true);
    assert.equal(await semaphore.acquire(), true);
    assert.equal(await semaphore.getValue(), 0);
    assert.equal(await semaphore.acquire({ block: false }), false);
    await semaphore.release();
    await run({ target: releaseIt, args: [semaphore] });
    assert.equal(await semaphore.getValue(), 2);
    await rejects(semaphore.release(), StateError);
    assert.equal(await semaphore.getValue(), 2);
    semaphore.close();
    const none = new BoundedSemaphore(0);
    assert.equal(await none.acquire({ block: false }), false);
    await rejects(none.release(), StateError);
    none.close();
  },
};
