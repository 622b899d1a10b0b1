import assert from "node:assert/strict";
import {
  getContext,
  Manager,
  type Namespace,
  OwnerDiedError,
  Queue,
  SerializationError,
  type SharedDict,
  type SharedList,
} from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects, run } from "../../suite/help.ts";
import { addMany, addTooMuch, drop, fail, increment, later, size, withManager } from "./helpers.ts";

export class Keeper {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
  get(): unknown {
    return this.value;
  }
}

export function keepArgument(_value: unknown, argument: unknown): unknown {
  return argument;
}

export async function seeDict(dict: SharedDict): Promise<void> {
  await dict.set("a", { deep: [1n, new Date(5)] });
  assert.equal(await dict.get("missing"), undefined);
  assert.equal(await dict.get("missing", "a default"), "a default");
  await dict.set("nothing", undefined);
  assert.equal(await dict.get("nothing", "a default"), undefined);
  assert.deepEqual([await dict.has("nothing"), await dict.has("missing")], [true, false]);
  assert.equal(await dict.setDefault("a", 1).then((value) => (value as { deep: bigint[] }).deep[0]), 1n);
  assert.equal(await dict.setDefault("b", 2), 2);
  await dict.update({ c: 3, __proto__x: 4 });
  await dict.update(new Map<string | number, unknown>([[1, "one"]]));
  assert.deepEqual(await dict.keys(), ["x", "a", "nothing", "b", "c", "__proto__x", 1]);
  assert.equal(await dict.pop("c"), 3);
  assert.equal(await dict.pop("c", "gone"), "gone");
  await rejects(dict.pop("c"), RangeError, /"c".*second argument/);
  assert.deepEqual([await dict.delete("b"), await dict.delete("b")], [true, false]);
  assert.equal(await dict.size(), 5);
  assert.deepEqual((await dict.toMap()).get(1), "one");
  assert.deepEqual(
    await dict.values(),
    (await dict.entries()).map(([, value]) => value),
  );
  await dict.clear();
  assert.equal(await dict.size(), 0);
}

export async function seeList(list: SharedList): Promise<void> {
  await list.append({ name: "Ada" });
  await list.extend(new Set([3, 1]));
  assert.deepEqual([await list.length(), await list.at(-1), await list.at(0)], [4, 1, "x"]);
  await list.insert(1, "in between");
  await list.set(-1, 2);
  assert.deepEqual(await list.toArray(), ["x", "in between", { name: "Ada" }, 3, 2]);
  assert.deepEqual(await list.slice(1, -1), ["in between", { name: "Ada" }, 3]);
  assert.deepEqual([await list.indexOf({ name: "Ada" }), await list.indexOf("none")], [2, -1]);
  await list.remove({ name: "Ada" });
  await rejects(list.remove({ name: "Ada" }), RangeError, /no such value/);
  assert.deepEqual([await list.pop(), await list.pop(0)], [2, "x"]);
  await list.reverse();
  assert.deepEqual(await list.toArray(), [3, "in between"]);
  await list.clear();
  await rejects(list.pop(), RangeError, /0 items/);
}

export const cases: Cases = {
  "dicts, lists, sets and namespaces, in this process and in a child (test_dict, test_list, test_namespace, TestSyncManagerTypes)": () =>
    withManager(async (manager) => {
      assert.equal(manager.pid, null);
      for (const see of [seeDict, seeList] as const) {
        const make = async (): Promise<never> =>
          (see === seeDict ? await manager.dict<never>([["x", 0]] as never) : await manager.list(["x"])) as never;
        await see(await make());
        await run({ target: see as (object: never) => Promise<void>, args: [await make()] });
      }
      const set = await manager.set<string | number>([1, "1"]);
      assert.deepEqual([await set.add(2), await set.add(2), await set.has("1"), await set.delete("1")], [true, false, true, true]);
      assert.deepEqual(await set.toSet(), new Set([1, 2]));
      await set.clear();
      assert.deepEqual([await set.size(), await set.values()], [0, []]);
      const space: Namespace<{ depth: number; label?: string }> = await manager.namespace({ depth: 1 });
      await space.set("label", "here");
      assert.deepEqual([await space.get("depth"), await space.delete("label"), await space.delete("label")], [1, true, false]);
      assert.equal(await space.compute("depth", increment, [5]), 6);
      await space.set("__proto__" as "label", "only a name");
      assert.deepEqual(Object.entries(await space.toObject()), [
        ["depth", 6],
        ["__proto__", "only a name"],
      ]);
      assert.equal(typeof manager.pid, "number");
    }),
  "no update is lost: compute() of many processes (test_dict_proxy_nested, W51)": () =>
    withManager(async (manager) => {
      const dict = await manager.dict<string, number>();
      await Promise.all([1, 2, 3].map(() => run({ target: addMany, args: [dict, 50] })));
      assert.equal(await dict.get("n"), 150);
      await rejects(dict.compute("n", later as never), TypeError, /promise.*Nothing was changed/);
      await rejects(dict.compute("n", fail), RangeError, /says no/);
      const lists = await manager.dict<string, string[]>();
      await lists.set("items", ["first"]);
      await rejects(lists.compute("items", addTooMuch), RangeError, /full/);
      assert.deepEqual(await lists.get("items"), ["first"], "a function that changes the value and throws");
      assert.equal(await dict.get("n"), 150);
      assert.equal(await dict.compute("n", drop), undefined);
      assert.equal(await dict.has("n"), false);
      const list = await manager.list([1]);
      assert.equal(await list.compute(0, increment), 2);
      await rejects(list.compute(0, drop as never), RangeError, /undefined/);
      await rejects(list.compute(7, increment), RangeError, /index 7/);
    }),
  "a list takes no two shared objects for the same": () =>
    withManager(async (manager) => {
      const [one, other] = [await manager.dict(), await manager.dict()];
      const list = await manager.list<unknown>([one, other]);
      assert.equal(await list.indexOf(other), -1);
      await rejects(list.remove(other), RangeError);
      assert.equal(await list.length(), 2);
    }),
  "sort: numbers by size, by a function, reversed, and what has no order": () =>
    withManager(async (manager) => {
      const list = await manager.list<unknown>([10, 9, 2n, -1]);
      await list.sort();
      const empty = await manager.list<string>();
      await empty.sort({ by: size, reverse: true });
      assert.equal(await empty.length(), 0);
      assert.deepEqual(await list.toArray(), [-1, 2n, 9, 10]);
      const words = await manager.list(["ccc", "a", "bb", "b"]);
      await words.sort({ by: size, reverse: true });
      assert.deepEqual(await words.toArray(), ["ccc", "bb", "a", "b"]);
      await words.sort();
      assert.deepEqual(await words.toArray(), ["a", "b", "bb", "ccc"]);
      for (const items of [[1, "1"], [{}], [Number.NaN], [1, undefined]]) {
        const mixed = await manager.list<unknown>(items);
        await rejects(mixed.sort(), TypeError, /no order/);
        assert.deepEqual(await mixed.toArray(), items);
      }
    }),
  "calls of one process begin in their order, also those with shared objects inside": () =>
    withManager(async (manager) => {
      const [list, q] = [await manager.list<unknown>(), new Queue()];
      const calls = Array.from({ length: 50 }, (_, i) => list.append(i % 10 === 5 ? q : i));
      const all = list.toArray();
      await Promise.all(calls);
      assert.deepEqual(
        (await all).map((item) => (item instanceof Queue ? "queue" : item)),
        Array.from({ length: 50 }, (_, i) => (i % 10 === 5 ? "queue" : i)),
      );
      await ((await list.at(5)) as Queue).put("through the list");
      assert.equal(await q.get({ timeout: 10_000 }), "through the list");
    }),
  "arguments travel as they are when the call is made": () =>
    withManager(async (manager) => {
      const value = { n: 1 };
      const made = [manager.dict<string, unknown>([["a", value]]), manager.list([value]), manager.create(Keeper, [value])] as const;
      value.n = 2;
      await rejects(manager.dict([["a", () => {}]]), SerializationError);
      const [dict, list, keeper] = await Promise.all(made);
      assert.deepEqual([await dict.get("a"), await list.at(0), await keeper.get()], [{ n: 1 }, { n: 1 }, { n: 1 }]);
      const computed = dict.compute("b", keepArgument, [value]);
      value.n = 3;
      assert.deepEqual(await computed, { n: 2 });
      await rejects(dict.compute("b", keepArgument, [() => {}]), SerializationError);
    }),
  "a signal ends the server, or keeps it from starting": async () => {
    const controller = new AbortController();
    const manager = new Manager({ signal: controller.signal });
    const dict = await manager.dict([["a", 1]]);
    controller.abort(new RangeError("no more"));
    await rejects(dict.get("a"), OwnerDiedError);
    await manager[Symbol.asyncDispose]();
    const never = new Manager({ signal: controller.signal });
    await rejects(never.dict(), RangeError);
    await never[Symbol.asyncDispose]();
  },
  "the managers of a context have its backend": async () => {
    const manager = new (getContext("spawn", { backend: "portable" }).Manager)({ name: "portable" });
    try {
      const dict = await manager.dict([["a", 1]]);
      assert.equal(await run({ target: addMany, args: [dict as SharedDict<string, number>, 1] }), 1);
    } finally {
      await manager[Symbol.asyncDispose]();
    }
  },
  "managers start with the first call or with start(), and one after the other": async () => {
    const manager = new Manager({ name: "the manager" });
    await Promise.all([manager.start(), manager.start()]);
    assert.equal(manager.name, "the manager");
    const { pid } = manager;
    await manager.dict();
    assert.equal(manager.pid, pid);
    await manager[Symbol.asyncDispose]();
    await manager[Symbol.asyncDispose]();
    const never = new Manager();
    await never[Symbol.asyncDispose]();
    assert.equal(never.pid, null);
  },
};
