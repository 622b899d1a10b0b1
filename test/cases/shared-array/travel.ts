import assert from "node:assert/strict";
import { ClosedError, Queue, SharedArray, SharedValue } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects, started } from "../../suite/help.ts";
import { collectGarbage } from "../../suite/leaks.ts";

export async function useDeep(
  q: Queue<{ deep: [SharedValue<"i32">, SharedArray<"f32">, SharedValue<"i32">] }>,
  back: Queue<unknown>,
): Promise<void> {
  const {
    deep: [value, array, again],
  } = await q.get();
  const was = await value.exchange(5);
  await array.set(1, 8);
  await back.put({ same: value === again, type: array.type, length: array.length, was });
}

export const cases: Cases = {
  "values and arrays travel through queues, deep inside messages, and keep their identity": async () => {
    const q = new Queue<{ deep: [SharedValue<"i32">, SharedArray<"f32">, SharedValue<"i32">] }>();
    const back = new Queue<unknown>();
    const value = new SharedValue("i32", 1);
    const array = new SharedArray("f32", [1, 2]);
    const child = await started({ target: useDeep, args: [q, back] });
    await q.put({ deep: [value, array, value] });
    assert.deepEqual(await back.get({ timeout: 20_000 }), { same: true, type: "f32", length: 2, was: 1 });
    await child.join();
    assert.equal(await value.get(), 5);
    assert.deepEqual(await array.slice(), new Float32Array([1, 8]));
    value.close();
    array.close();
  },
  "the numbers arrive though their sender closed them after the send": async () => {
    const q = new Queue<unknown>();
    const value = new SharedValue("u8", 200);
    const array = new SharedArray("i16", [1, -2], { lock: true });
    await q.put({ value, array });
    value.close();
    array.close();
    const received = (await q.get()) as { value: SharedValue<"u8">; array: SharedArray<"i16"> };
    assert.equal(await received.value.add(100), 200);
    assert.equal(await received.value.get(), 44);
    assert.deepEqual(await received.array.slice(), new Int16Array([1, -2]));
    assert.equal(await received.array.lock?.acquire(), true);
    received.value.close();
    received.array.close();
  },
  "every call after close is refused": async () => {
    const value = new SharedValue("i32", 1);
    const array = new SharedArray("i32", 3, { lock: true });
    value.close();
    value.close();
    array.close();
    array.close();
    for (const call of [
      () => value.get(),
      () => value.set(1),
      () => value.add(1),
      () => value.exchange(1),
      () => value.compareExchange(1, 2),
      () => array.get(0),
      () => array.set(0, 1),
      () => array.slice(),
      () => new Queue().put(value),
      () => new Queue().put({ array }),
    ])
      await rejects(call(), ClosedError, /only before close\(\)/);
    assert.throws(() => array.view, ClosedError);
    assert.equal(array.length, 3);
    assert.equal(array.type, "i32");
    const disposed = new SharedValue("i32", 1);
    {
      using _value = disposed;
    }
    await rejects(disposed.get(), ClosedError);
  },
  "an object that is used and dropped does not end its own calls": async () => {
    const calls = Array.from({ length: 50 }, async (_, i) => (await new SharedArray("i32", [i]).slice())[0]);
    collectGarbage();
    assert.deepEqual(
      await Promise.all(calls),
      Array.from({ length: 50 }, (_, i) => i),
    );
  },
};
