import assert from "node:assert/strict";
import { ClosedError, Manager, SerializationError, SharedDict, StateError } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import { increment, Tally, withManager } from "./helpers.ts";

export const cases: Cases = {
  "bad options": async () => {
    for (const options of [null, 5, { name: 5 }, { adress: "/tmp/x" }, { daemon: false }, { address: 5, authKey: "k" }, { authKey: "k" }])
      assert.throws(() => new Manager(options as never), TypeError);
    assert.throws(() => new Manager({ address: "/tmp/x.sock" }), { name: "TypeError", message: /authKey/ });
    assert.throws(() => new Manager({ address: "", authKey: "k" }), RangeError);
    assert.throws(() => new (SharedDict as unknown as new () => unknown)(), { name: "TypeError", message: /manager\.dict\(\)/ });
    assert.throws(() => new Manager({ adress: "/tmp/x" } as never), { message: /address\?/ });
  },
  "bad keys, values, names and indexes": () =>
    withManager(async (manager) => {
      const dict = await manager.dict<never>();
      for (const key of [undefined, null, {}, Number.NaN, Number.POSITIVE_INFINITY, Symbol("s")]) {
        await rejects(dict.get(key as never), TypeError, /key of a dict/);
        await rejects(dict.set(key as never, 1), TypeError, /key of a dict/);
      }
      await rejects(dict.set("f" as never, { deep: [() => {}] }), SerializationError, /args\[1\]\.deep\[0\]/);
      await rejects(dict.update(5 as never), TypeError, /entries/);
      await rejects(dict.update([["a"]] as never), TypeError, /\[key, value\]/);
      await rejects(dict.compute("a" as never, 5 as never), TypeError, /target/);
      await rejects(dict.get("a" as never, undefined, { timeout: "soon" as never }), TypeError, /timeout/);
      await rejects(manager.dict([["a", 1, 2]] as never), TypeError);
      await rejects(manager.list("text" as never), TypeError, /items/);
      await rejects(manager.set([{}] as never), TypeError, /value of a set/);
      await rejects(manager.namespace(5 as never), TypeError, /fields/);
      const [list, space] = [await manager.list([1]), await manager.namespace()];
      for (const index of [1, -2]) await rejects(list.at(index), RangeError, /1 item/);
      for (const index of [0.5, "0", Number.NaN]) await rejects(list.at(index as never), TypeError, /whole number/);
      await rejects(list.sort({ key: increment } as never), TypeError, /key/);
      await rejects(space.get(5 as never), TypeError, /name/);
      await rejects(manager.expose("x", list), StateError, /address/);
      await rejects(manager.expose("x", {}), TypeError, /objects of managers/);
      assert.deepEqual([await dict.size(), await list.length()], [0, 1]);
    }),
  "a closed proxy, and what is closed during a call": () =>
    withManager(async (manager) => {
      const tally = await manager.create(Tally);
      const pending = tally.meet(2);
      (tally as unknown as Disposable)[Symbol.dispose]();
      await rejects(pending, ClosedError);
      await rejects(tally.add(1), ClosedError);
      const dict = await manager.dict();
      dict.close();
      await rejects(dict.set("a", 1), ClosedError, /set\(\)/);
      await rejects((await manager.dict()).set("d", dict), ClosedError);
    }),
  "a server that can't start: its first call says why, and a later one tries again": async () => {
    const manager = new Manager({ address: { host: "203.0.113.1", port: 1 }, authKey: "k", stderr: "null" });
    await rejects(manager.dict(), StateError, /Can't listen/);
    await rejects(manager.dict(), StateError, /Can't listen/);
    await manager[Symbol.asyncDispose]();
  },
};
