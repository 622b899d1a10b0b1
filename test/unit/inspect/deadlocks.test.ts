// Circles among those who wait.
import { describe, expect, it } from "vitest";
import { type Edge, findDeadlocks, isSame } from "../../../src/inspect/deadlocks.ts";
import type { Deadlock } from "../../../src/inspect/facts.ts";

/** Reads waits such as "1>2 2>1!", where ! means that nothing else can end the wait. */
function edges(text: string): Edge[] {
  return text.split(" ").map((each) => {
    const [pid, waited] = each.replace("!", "").split(">").map(Number);
    const isBound = each.endsWith("!");
    return { pid: pid ?? 0, for: waited ?? 0, call: "acquire", isSync: isBound, isBound, object: { kind: "lock", id: each, name: null } };
  });
}

function told(text: string): string[] {
  return findDeadlocks(edges(text)).map(
    ({ isCertain, steps }) => `${isCertain ? "certain" : "possible"} ${steps.map(({ pid }) => pid).join(" ")}`,
  );
}

describe("findDeadlocks", () => {
  it.each([
    ["1>2 2>3", []],
    ["1>2 2>1", ["possible 1 2"]],
    ["1>2! 2>1!", ["certain 1 2"]],
    ["1>2! 2>1", ["possible 1 2"]],
    ["1>2! 2>3! 3>1! 4>1", ["certain 1 2 3"]],
    ["1>2 2>1 3>4 4>3", ["possible 1 2", "possible 3 4"]],
    // A way that blocks is told, though another one is shorter.
    ["1>2 2>1 2>3! 1>2! 3>1!", ["certain 1 2 3"]],
    // The way through 5 is longer.
    ["1>5 5>2 1>2 2>1", ["possible 1 2"]],
    ["1>1", []],
    ["1>1!", ["certain 1"]],
  ])("%s: %j", (text, expected) => {
    expect(told(text)).toEqual(expected);
  });

  it("each step waits for the next one, and the last one for the first", () => {
    const [{ steps } = { steps: [] }] = findDeadlocks(edges("7>3 3>9 9>7"));
    expect(steps.map((step, i) => step.for === steps[(i + 1) % steps.length]?.pid)).toEqual([true, true, true]);
  });

  it("a thousand processes in a circle, and each also waits for the one behind it", () => {
    const all = Array.from({ length: 1000 }, (_, i) => `${i + 1}>${((i + 1) % 1000) + 1}`).join(" ");
    expect(told(all)).toHaveLength(1);
    const back = Array.from({ length: 1000 }, (_, i) => `${i + 1}>${((i + 999) % 1000) + 1}`).join(" ");
    expect(told(`${all} ${back}`)).toHaveLength(500);
  });
});

describe("isSame", () => {
  it("does not depend on where the circle begins", () => {
    const [one] = findDeadlocks(edges("1>2 2>1"));
    const turned: Deadlock = { isCertain: false, steps: [...(one?.steps ?? [])].reverse() };
    expect(isSame(one as Deadlock, turned)).toBe(true);
    expect(isSame(one as Deadlock, findDeadlocks(edges("1>3 3>1"))[0] as Deadlock)).toBe(false);
  });
});
