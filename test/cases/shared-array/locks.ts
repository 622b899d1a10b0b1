import assert from "node:assert/strict";
import { ClosedError, Lock, Queue, RLock, SharedArray, SharedValue } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isNative, rejects, started } from "../../suite/help.ts";

export async function addUnderLock(array: SharedArray<"i32">, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await using _held = await array.lock?.hold();
    await array.set(0, (await array.get(0)) + 1);
  }
}

export const cases: Cases = {
  "the lock of an array: none, an RLock of its own, or a given one; it travels along": slow(async () => {
    using plain = new SharedArray("i32", 1);
    assert.equal(plain.lock, undefined);
    using without = new SharedArray("i32", 1, { lock: false });
    assert.equal(without.lock, undefined);
    const own = new SharedArray("i32", 1, { lock: true });
    assert.ok(own.lock instanceof RLock);
    const lock = new Lock();
    const given = new SharedArray("i32", 1, { lock });
    assert.equal(given.lock, lock);
    const rlock = new RLock();
    using withRLock = new SharedArray("i32", 1, { lock: rlock });
    assert.equal(withRLock.lock, rlock);
    for (const wrong of [54, "lock", null, {}, new SharedValue("i32", 0)])
      assert.throws(() => new SharedArray("i32", 1, { lock: wrong as never }), /lock must be a boolean, a Lock or an RLock/);
    for (const array of [own, given]) {
      const times = isNative ? 500 : 100;
      const children = [];
      for (let i = 0; i < 2; i++) children.push(await started({ target: addUnderLock, args: [array, times] }));
      for (const child of children) await child.result({ timeout: 20_000 });
      for (const child of children) await child.join();
      assert.equal(await array.get(0), 2 * times);
    }
    own.close();
    await rejects(own.lock.acquire(), ClosedError);
    given.close();
    assert.equal(await lock.acquire(), true);
    await lock.release();
    lock.close();
    rlock.close();
  }),
  "a given lock that arrives beside its array is not closed with the array": async () => {
    const q = new Queue<{ lock: Lock; array: SharedArray<"i32"> }>();
    const lock = new Lock();
    using array = new SharedArray("i32", 1, { lock });
    await q.put({ lock, array });
    const received = await q.get();
    assert.equal(received.array.lock, received.lock);
    received.array.close();
    assert.equal(await received.lock.acquire(), true);
    assert.equal(await lock.acquire({ timeout: 0 }), false);
    await received.lock.release();
    received.lock.close();
    lock.close();
  },
};
