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
    const backlog = new Backlog<Work>();
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
  it("forgets a call that is removed", () => {
    const backlog = new Backlog<Work>();
    const [single, many] = [1, 3].map((tasks) => backlog.add(source(tasks)));
    if (single !== undefined) backlog.remove(single);
    expect(backlog.size).toBe(3);
    if (many !== undefined) backlog.remove(many);
    expect(backlog.size).toBe(0);
  });
});
