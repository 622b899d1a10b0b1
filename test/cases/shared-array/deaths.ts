import assert from "node:assert/strict";
import { OwnerDiedError, Queue, SharedArray, SharedValue } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isNative, rejects, started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";
import { until } from "../helpers/signals.ts";

export async function makeAndGive(q: Queue<[SharedValue<"i32">, SharedArray<"i32">]>): Promise<void> {
  await q.put([new SharedValue("i32", 4), new SharedArray("i32", [5, 6])]);
  await stay();
}

/** Writes equal pairs for ever, and counts them. */
export async function writePairs(pairs: SharedArray<"f64">, count: SharedValue<"i64">): Promise<void> {
  for (let i = 1; ; i++) {
    await pairs.set(0, [i, i]);
    await count.add(1n);
  }
}

export const cases: Cases = {
  "the maker dies: portable numbers are gone, and say so; native ones live on": async () => {
    const q = new Queue<[SharedValue<"i32">, SharedArray<"i32">]>();
    const child = await started({ target: makeAndGive, args: [q] });
    const [value, array] = await q.get({ timeout: 20_000 });
    assert.equal(await value.get(), 4);
    child.kill();
    await child.join();
    if (isNative) {
      assert.equal(await value.add(1), 4);
      assert.deepEqual(await array.slice(), new Int32Array([5, 6]));
    } else {
      await rejects(value.add(1), OwnerDiedError);
      await rejects(array.slice(), OwnerDiedError);
      await rejects(array.set(0, 1), OwnerDiedError);
    }
    value.close();
    array.close();
  },
  "a process that is killed in the middle of its calls leaves whole numbers, and blocks nobody": slow(async () => {
    const pairs = new SharedArray("f64", 2);
    const count = new SharedValue("i64", 0n);
    for (let round = 0; round < 4; round++) {
      const child = await started({ target: writePairs, args: [pairs, count] });
      const before = await count.get();
      await until(async () => (await count.get()) !== before);
      child.kill();
      await child.join();
      const [a = 0, b = 1] = await pairs.slice();
      assert.ok(Number.isInteger(a) && Number.isInteger(b) && Math.abs(a - b) <= 1);
      await pairs.set(0, [0, 0]);
    }
    pairs.close();
    count.close();
  }),
};
