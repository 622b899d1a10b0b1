// The blocking calls that a condition has besides waitSync and notifySync.
import assert from "node:assert/strict";
import { Condition, getContext, Lock, SharedArray, StateError, UnsupportedError } from "../../../mod.ts";
import { type Cases, Skip } from "../../suite/case.ts";
import { isNative, started } from "../../suite/help.ts";
import { timed } from "../../suite/sync.ts";

/** Counts up, and notifies each time. */
export function countUp(cond: Condition, count: SharedArray<"i32">, to: number): void {
  for (let i = 1; i <= to; i++) {
    using _held = cond.holdSync();
    count.view[0] = i;
    cond.notifyAllSync();
  }
}

function needsSync(): void {
  if (!isNative) throw new Skip("the portable backend has no blocking calls");
}

export const cases: Cases = {
  async "waitForSync waits for notifications of another process until its predicate is true, with the lock held"(): Promise<void> {
    needsSync();
    const [cond, count] = [new Condition(), new SharedArray("i32", 1)];
    cond.acquireSync();
    const child = await started({ target: countUp, args: [cond, count, 5] });
    const seen: number[] = [];
    const isReached = (): string | undefined => {
      seen.push(count.view[0] ?? -1);
      return seen.at(-1) === 5 ? "five" : undefined;
    };
    assert.equal(cond.waitForSync(isReached, { timeout: 20_000 }), "five");
    assert.ok(seen.length >= 2 && seen[0] === 0, seen.join());
    cond.releaseSync();
    assert.equal(await child.join(), 0);
    for (const each of [cond, count]) each.close();
  },

  async "waitForSync gives the last value of its predicate when the time is over, and holds the lock again"(): Promise<void> {
    needsSync();
    for (const cond of [new Condition(), new Condition(new Lock())]) {
      assert.equal(
        cond.waitForSync(() => 7),
        7,
      );
      assert.throws(() => cond.waitForSync(() => false), { name: "StateError", message: /waitForSync/ });
      cond.acquireSync();
      const wait = async (): Promise<unknown> => cond.waitForSync(() => "", { timeout: 60 });
      assert.equal(await timed(60, 2000, wait), "");
      assert.equal(
        cond.waitForSync(() => 0, { timeout: 0 }),
        0,
      );
      const own = new RangeError("asked");
      const fails = (): never => {
        throw own;
      };
      assert.throws(() => cond.waitForSync(fails), own);
      assert.throws(() => cond.waitForSync(async () => Promise.reject(own)), /^TypeError: .*promise.*waitFor\(\)/);
      assert.throws(() => cond.waitForSync(() => 1, { tiemout: 1 } as never), /^TypeError: .*timeout/);
      assert.throws(() => cond.waitForSync(() => 0, { signal: AbortSignal.abort(own) }), own);
      cond.releaseSync();
      assert.throws(() => cond.notifyAllSync(), StateError);
      assert.throws(() => cond.releaseSync(), StateError);
      cond.close();
    }
  },

  async "the portable backend refuses them"(): Promise<void> {
    const cond = new (getContext("spawn", { backend: "portable" }).Condition)();
    for (const call of [() => cond.waitForSync(() => true), () => cond.holdSync(), () => cond.notifyAllSync()])
      assert.throws(call, UnsupportedError);
    cond.close();
    await Promise.resolve();
  },
};
