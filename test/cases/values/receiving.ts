// A class decides how its instances arrive. Its code runs while a value is received, and may receive another one.
import assert from "node:assert/strict";
import { capabilities, fromWire, Pipe, Queue, registerClass, toWire } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";

/** Takes one more value while it is received. */
class Greedy {
  static take: () => unknown = () => undefined;
  readonly taken: unknown;
  constructor(taken?: unknown) {
    this.taken = taken;
  }
  static [toWire](): null {
    return null;
  }
  static [fromWire](): Greedy {
    return new Greedy(Greedy.take());
  }
}
registerClass(Greedy);

const MANY = Array.from({ length: 50 }, (_, i) => `item ${i}`);
const OTHER = "x".repeat(3000);
const WITHOUT_WAITING = { timeout: 0 };

/** A value that takes another one before the rest of it is read. */
function greedyValue(take: () => unknown): unknown[] {
  Greedy.take = take;
  return [new Greedy(), MANY, 0.5, new Greedy(), 12n];
}

function assertWhole(value: unknown, others: readonly unknown[]): void {
  assert.ok(Array.isArray(value));
  const [first, many, half, second, large] = value;
  assert.deepEqual([many, half, large], [MANY, 0.5, 12n]);
  assert.ok(first instanceof Greedy && second instanceof Greedy);
  assert.deepEqual([first.taken, second.taken], others);
}

export const cases: Cases = {
  "an item arrives whole although receiving it takes other items": async () => {
    const q = new Queue<unknown>();
    const isSync = capabilities().sync;
    const take = (): unknown => (isSync ? q.getSync(WITHOUT_WAITING) : undefined);
    for (const get of [() => q.get(), () => (isSync ? q.getSync() : q.get())]) {
      // The first items make the memory large enough for all of them.
      for (let i = 0; i < 2; i++) await q.put(OTHER.repeat(2));
      for (let i = 0; i < 2; i++) await q.get();
      await q.put(greedyValue(take));
      await q.put(OTHER);
      await q.put(OTHER);
      assertWhole(await get(), isSync ? [OTHER, OTHER] : [undefined, undefined]);
      if (!isSync) for (let i = 0; i < 2; i++) await q.get();
    }
    q.close();
  },
  "a message arrives whole although receiving it takes other messages": async () => {
    const [a, b] = Pipe();
    const isSync = capabilities().sync;
    const take = (): unknown => (isSync ? b.recvSync() : undefined);
    for (const recv of [() => b.recv(), () => (isSync ? b.recvSync() : b.recv())]) {
      const value = greedyValue(take);
      const sent = [a.send(value), a.send(OTHER), a.send(OTHER)];
      assertWhole(await recv(), isSync ? [OTHER, OTHER] : [undefined, undefined]);
      if (!isSync) for (let i = 0; i < 2; i++) await b.recv();
      await Promise.all(sent);
    }
    a.close();
    b.close();
  },
  "items arrive whole although receiving one of them takes another one": async () => {
    const q = new Queue<unknown>();
    const isSync = capabilities().sync;
    for (let left = 3000; left > 0; ) {
      if (left === 3000) await q.putMany(Array(3000).fill(0));
      left -= (await q.getMany(1000)).length;
    }
    const large = "x".repeat(20_000);
    await q.putMany([new Greedy(), ...MANY, large]);
    Greedy.take = () => (isSync ? q.getSync(WITHOUT_WAITING) : undefined);
    const [first, ...items] = await q.getMany(51);
    assert.ok(first instanceof Greedy);
    assert.deepEqual(items, MANY);
    assert.equal(isSync ? first.taken : await q.get(), large);
    q.close();
  },
};
