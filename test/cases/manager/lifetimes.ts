import assert from "node:assert/strict";
import { ClosedError, Event, Queue, type SharedDict, type SharedList } from "../../../mod.ts";
import { type Cases, Skip } from "../../suite/case.ts";
import { isNative, rejects, started } from "../../suite/help.ts";
import { takeItems, until } from "../helpers/signals.ts";
import { callUntilServed, Files, holdIterator, holdUntil, Tally, waitForIterator, withManager } from "./helpers.ts";

export const cases: Cases = {
  "an object lives as long as anybody holds it: a child, or an item of a queue": () =>
    withManager(async (manager) => {
      const list = await manager.list([1]);
      const [ready, end, q] = [new Queue(), new Event(), new Queue<SharedList<number>>()];
      const holder = await started({ target: holdUntil, args: [list, ready, end] });
      await q.put(list);
      await takeItems(ready, 1);
      list.close();
      await end.set();
      assert.equal(await holder.result({ timeout: 10_000 }), 1);
      await holder.join();
      const last = await q.get({ timeout: 10_000 });
      assert.equal(await last.length(), 1);
      last.close();
    }),
  "nobody holds it any more, as its holder is killed, or its item is dropped: it is freed": () =>
    withManager(async (manager) => {
      // A generator is told to end when its iterator is freed.
      const tally = await manager.create(Tally);
      const [held, sent] = [await tally.count(1e9), await tally.count(1e9)];
      const [ready, q] = [new Queue(), new Queue()];
      const holder = await started({ target: holdIterator, args: [held, ready] });
      await q.put(sent);
      for (const iterator of [held, sent]) {
        await iterator.next();
        (iterator as unknown as Disposable)[Symbol.dispose]();
      }
      await takeItems(ready, 1);
      assert.equal(await tally.endings(), 0);
      holder.kill();
      await holder.join();
      await until(async () => (await tally.endings()) === 1);
      await q.shutdown({ immediate: true });
      await until(async () => (await tally.endings()) === 2);
    }),
  "a result for a process that was killed meanwhile is freed": () =>
    withManager(async (manager) => {
      const [tally, ready] = [await manager.create(Tally), new Queue()];
      const caller = await started({ target: waitForIterator, args: [tally, ready] });
      await takeItems(ready, 1);
      caller.kill();
      await caller.join();
      assert.equal(await tally.open(), 1);
      await until(async () => (await tally.endings()) === 1);
    }),
  "a server without descriptors refuses a new client for the moment, and loses no object": async () => {
    if (!isNative) throw new Skip("only the native backend has limits, and a descriptor for each object");
    await withManager(
      async (manager) => {
        const [dict, ready, freed] = [await manager.dict([["a", 1]]), new Queue<string>(), new Event()];
        const files = await manager.create(Files);
        assert.ok((await files.openAll()) > 10);
        const client = await started({ target: callUntilServed, args: [dict, ready, freed] });
        assert.equal(await ready.get({ timeout: 10_000 }), "OwnerDiedError");
        assert.equal(await dict.get("a"), 1);
        await files.closeAll();
        await freed.set();
        assert.equal(await client.result({ timeout: 10_000 }), 1);
        await client.join();
      },
      { limits: { openFiles: 128 } },
    );
  },
  "an object inside another one works, and lives with it (test_nested)": () =>
    withManager(async (manager) => {
      const outer = await manager.dict<string, SharedDict<string, number>>();
      const inner = await manager.dict<string, number>([["n", 1]]);
      await outer.set("inner", inner);
      inner.close();
      await rejects(inner.get("n"), ClosedError, /closed/);
      const again = await outer.get("inner");
      await again?.set("n", 2);
      assert.equal(await (await outer.get("inner"))?.get("n"), 2);
      // A cycle works, too.
      await again?.set("outer", outer as never);
      const round = (await again?.get("outer")) as unknown as typeof outer;
      assert.equal(await round.size(), 1);
    }),
};
