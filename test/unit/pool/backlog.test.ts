import { describe, expect, it } from "vitest";
import { Backlog, type Source } from "../../../src/pool/backlog.ts";
import type { Work } from "../../../src/pool/work.ts";

function work(): Work {
  return { size: 1, key: undefined, time: undefined, chunk: 1, isOver: false, part: work, drop: () => {} };
}

/** A source with so many tasks. One with a single task fails the test if it is asked how many of them wait. */
function source(tasks: number): Source<Work> {
  let left = tasks;
  return {
    isSingle: tasks === 1,
    tasks: (most) => Math.min(most, left),
    get waiting() {
      if (tasks === 1) throw new Error("each of many waiting calls was looked at");
      return left;
    },
    next: () => (left-- > 0 ? work() : undefined),
  };
}

describe("the backlog", () => {
  it("knows how many tasks wait without a look at each call, also after calls took their turns", () => {
    const backlog = new Backlog<Work>(() => false);
    const asking = { worker: 1, left: 1 };
    const places = [1, 3, 1, 1].map((tasks) => backlog.add(source(tasks)));
    expect(backlog.size).toBe(6);
    for (let left = 5; left >= 2; left--) {
      backlog.next(asking);
      expect(backlog.size).toBe(left);
    }
    for (const place of places) backlog.remove(place);
    expect(backlog.size).toBe(0);
    expect(backlog.next(asking)).toBeUndefined();
  });
  it("remembers the worker of a key that has tasks there, however many other keys come", () => {
    const backlog = new Backlog<Work>((worker, key) => worker === 1 && key === "busy");
    const add = (key: unknown): void => {
      let [next]: (Work | undefined)[] = [{ ...work(), key }];
      const taken = (): Work | undefined => {
        const given = next;
        next = undefined;
        return given;
      };
      backlog.add({ isSingle: true, tasks: () => (next === undefined ? 0 : 1), waiting: 0, next: taken });
    };
    add("busy");
    expect(backlog.next({ worker: 1, left: 1 })?.key).toBe("busy");
    for (let key = 0; key < 10_001; key++) {
      add(key);
      backlog.next({ worker: 2, left: 1 });
    }
    add("busy");
    expect(backlog.next({ worker: 2, left: 1 })).toBeUndefined();
    expect(backlog.next({ worker: 1, left: 1 })?.key).toBe("busy");
  });
  it("forgets a call that is removed", () => {
    const backlog = new Backlog<Work>(() => false);
    const [single, many] = [1, 3].map((tasks) => backlog.add(source(tasks)));
    if (single !== undefined) backlog.remove(single);
    expect(backlog.size).toBe(3);
    if (many !== undefined) backlog.remove(many);
    expect(backlog.size).toBe(0);
  });
});
