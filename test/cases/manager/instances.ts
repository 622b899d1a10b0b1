import assert from "node:assert/strict";
import { ClosedError, Queue, StateError } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import { until } from "../helpers/signals.ts";
import { arrow, Base, Door, notAClass, Tally, withManager } from "./helpers.ts";

export const cases: Cases = {
  "an instance has the public methods of its class, and errors arrive as themselves (test_mymanager)": () =>
    withManager(async (manager) => {
      const tally = await manager.create(Tally, [10]);
      assert.equal(await tally.add(5), 15);
      assert.equal(await tally.inherited(), "from the base class");
      assert.notEqual(await tally.pid(), process.pid);
      const error = (await rejects(tally.fail("no"), RangeError, /^no$/)) as Error & { detail: unknown; remote: object };
      assert.deepEqual(error.detail, { deep: [1] });
      assert.deepEqual({ ...error.remote, runtime: "" }, { pid: manager.pid, name: manager.name, runtime: "", method: "fail" });
      await rejects(tally.closure(), Error, /result/);
      for (const hidden of ["_private", "constructor", "__proto__", "total", "then", "hasOwnProperty"])
        assert.ok(!Object.hasOwn(tally, hidden), hidden);
    }),
  "a method that awaits lets others in between": () =>
    withManager(async (manager) => {
      const tally = await manager.create(Tally);
      assert.deepEqual(await Promise.all([tally.meet(2), tally.meet(2)]), [2, 2]);
    }),
  "iterables come one by one, and end when nobody takes more (test_mymanager: generator)": () =>
    withManager(async (manager) => {
      const tally = await manager.create(Tally);
      const seen: number[] = [];
      for await (const n of tally.count(3)) seen.push(n);
      for await (const n of await tally.later(2)) seen.push(n);
      assert.deepEqual(seen, [0, 1, 2, 0, 1]);
      for await (const n of tally.count(1e9)) if (n === 2) break;
      assert.equal(await tally.endings(), 2);
      const iterator = await tally.count(1);
      assert.deepEqual(
        [await iterator.next(), await iterator.next()],
        [
          { done: false, value: 0 },
          { done: true, value: "over" },
        ],
      );
      const dropped = await tally.count(1e9);
      await dropped.next();
      (dropped as unknown as Disposable)[Symbol.dispose]();
      await until(async () => (await tally.endings()) === 4);
      await assert.rejects(async () => {
        for await (const _ of tally.add(1) as never as AsyncIterable<number>);
      }, /add\(\) gave no iterable/);
    }),
  "the end of a using block closes the proxy, and calls no close() of the class": () =>
    withManager(async (manager) => {
      const door = await manager.create(Door);
      const q = new Queue<typeof door>();
      await q.put(door);
      const other = await q.get();
      (other as unknown as Disposable)[Symbol.dispose]();
      await rejects(other.close(), ClosedError);
      assert.equal(await door.close(), 1);
      q.close();
    }),
  "bad classes and arguments": () =>
    withManager(async (manager) => {
      await rejects(manager.create(Tally, [-1]), RangeError, /not negative/);
      await rejects(manager.create(arrow as never), TypeError, /no class/);
      await rejects(manager.create(notAClass as never), TypeError, /target/);
      await rejects(manager.create(class Local {}), StateError, /export/);
      await rejects(manager.create(Tally, 5 as never), TypeError, /args/);
      await rejects(manager.create(Tally, [(() => {}) as never]), Error, /args\[0\] can.t travel/);
      const base = await manager.create(Base);
      assert.equal(await base.inherited(), "from the base class");
    }),
};
