import assert from "node:assert/strict";
import { Barrier, Condition, Event, Lock, Queue, RLock, Semaphore, SharedArray, SharedValue, SimpleQueue } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";

export const cases: Cases = {
  "a name that is no string, and options that are no object, are TypeErrors": slow(async () => {
    const name = 5 as unknown as string;
    const noOptions = 5 as unknown as { name: string };
    const makers: readonly (() => unknown)[] = [
      () => new Queue({ name }),
      () => new SimpleQueue({ name }),
      () => new Lock({ name }),
      () => new RLock({ name }),
      () => new Semaphore({ name }),
      () => new Event({ name }),
      () => new Condition(undefined, { name }),
      () => new Barrier(2, { name }),
      () => new SharedValue("i32", 0, { name }),
      () => new SharedArray("i32", 1, { name }),
      () => new Lock(noOptions),
      () => new Event(noOptions),
      () => new SimpleQueue(noOptions),
    ];
    for (const make of makers) assert.throws(make, TypeError);
  }),
  "a name is a label: two objects with one name are two objects": async () => {
    const [one, other] = [new Queue<number>({ name: "jobs" }), new Queue<number>({ name: "jobs" })];
    await one.put(1);
    assert.equal(await other.empty(), true);
    one.close();
    other.close();
  },
};
