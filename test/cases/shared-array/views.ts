// The numbers themselves, without a copy.
import assert from "node:assert/strict";
import { ClosedError, getContext, Queue, SharedArray, UnsupportedError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { run, started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";
import { numberOf, TYPES } from "../helpers/numbers.ts";

/** These cases need the native backend. */
export const only = "native";

export function setThroughView(array: SharedArray, index: number, value: number | bigint): string {
  const { view } = array;
  view[index] = value as never;
  return view.constructor.name;
}

export async function makeNumbers(q: Queue<SharedArray<"f64">>): Promise<void> {
  await q.put(new SharedArray("f64", [1, 2, 3]));
  await stay();
}

export const cases: Cases = {
  "a view has the numbers themselves, for every type, until close": slow(async () => {
    for (const type of TYPES) {
      const array = new SharedArray(type, 1001);
      const { view } = array;
      const one = numberOf(type, 1n);
      assert.equal(view.length, 1001);
      view[1000] = one;
      assert.equal(await array.get(1000), one);
      await array.set(5, one);
      assert.equal(view[5], one);
      assert.equal(await run({ target: setThroughView, args: [array, 7, one] }), view.constructor.name);
      assert.equal(view[7], one);
      array.close();
      assert.equal(view.length, 0);
      assert.throws(() => array.view, ClosedError);
    }
    const portable = getContext("spawn", { backend: "portable" });
    assert.throws(() => new portable.SharedArray("u8", 1).view, UnsupportedError);
  }),
  "two objects for the same numbers in one process: each closes for itself": async () => {
    const q = new Queue<SharedArray<"i32">>();
    const array = new SharedArray("i32", [1, 2]);
    await q.put(array);
    const same = await q.get();
    const { view } = array;
    await same.set(0, 5);
    assert.equal(view[0], 5);
    same.close();
    assert.equal(view[0], 5);
    array.close();
    assert.equal(view.length, 0);
  },
  "numbers outlive the process that made them": async () => {
    const q = new Queue<SharedArray<"f64">>();
    const child = await started({ target: makeNumbers, args: [q] });
    const array = await q.get({ timeout: 20_000 });
    child.kill();
    await child.join();
    assert.deepEqual(await array.slice(), new Float64Array([1, 2, 3]));
    await array.set(0, 9);
    assert.equal(array.view[0], 9);
    array.close();
  },
};
