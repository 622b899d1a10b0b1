import assert from "node:assert/strict";
import { capabilities, cpuCount, Process, StateError, setTreeLimits } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { run, started } from "../../suite/help.ts";
import { fixture } from "./helpers.ts";

const DEFAULTS = { depth: 8, processes: 4 * cpuCount() };

/** Starts itself until that is refused, and gives the number of processes below it, and the error. */
export async function nest(): Promise<[number, string]> {
  const child = new Process({ target: nest, args: [] });
  try {
    await child.start();
  } catch (error) {
    return [0, String(error)];
  }
  const [below, error] = await child.result();
  return [below + 1, error];
}

export function double(n: number): number {
  return 2 * n;
}

export async function doubleInChildren(count: number): Promise<number[]> {
  // A timer, a microtask and an import in between, after which the code still is the target's.
  await new Promise((resolve) => setTimeout(resolve, 1));
  await import("./helpers.ts");
  return Promise.all(Array.from({ length: count }, (_, i) => run({ target: double, args: [i] })));
}

export async function raiseDepth(): Promise<[number, string]> {
  setTreeLimits({ depth: 3 });
  return nest();
}

/** Whether this runtime can tell a module's own code from what its target calls. */
const canTell = capabilities().runtime !== "bun";

export const cases: Cases = {
  "what a module goes on with, after its import, starts no processes, or few of them": slow(async () => {
    const target = { module: fixture("unguarded"), name: "double" };
    const p = await started({ target, args: [4], stdout: "pipe", env: { UNGUARDED_DEPTH: "0" } });
    const lines = (await new Response(p.stdout).text()).trim().split("\n");
    assert.equal(await p.result(), 8);
    assert.equal(await p.join(), 0);
    const refusals = lines.filter((line) => line !== "started");
    for (const refusal of refusals) {
      assert.match(refusal, canTell ? /^StateError: .*its target did not call/ : /^StateError: (At most|.*its target did not call)/);
      assert.match(refusal, /import\.meta\.main/);
    }
    if (canTell) assert.equal(lines.length - refusals.length, 0);
    assert.ok(refusals.length >= 2, `${lines.length} starts, ${refusals.length} refused`);
  }),
  "a tree is at most 8 deep": slow(async () => {
    const [below, error] = await run({ target: nest, args: [] });
    // This process is the root, so the first child is at depth 1.
    assert.equal(below, 7);
    assert.match(error, /^StateError: .*nested 8 deep.*setTreeLimits\(\{ depth \}\)/);
  }),
  "setTreeLimits: the limits are those of this moment, and children take them over": async () => {
    try {
      setTreeLimits({ depth: 2 });
      const two = await started({ target: nest, args: [] });
      setTreeLimits({ depth: 0 });
      await assert.rejects(new Process({ target: double, args: [1] }).start(), StateError);
      assert.equal((await two.result())[0], 1);
      await two.join();
    } finally {
      setTreeLimits(DEFAULTS);
    }
  },
  "setTreeLimits in a child counts for its own children": async () => {
    try {
      setTreeLimits({ depth: 2 });
      assert.equal((await run({ target: raiseDepth, args: [] }))[0], 2);
    } finally {
      setTreeLimits(DEFAULTS);
    }
  },
  "what a target starts is not counted": async () => {
    try {
      setTreeLimits({ processes: 0 });
      assert.deepEqual(await run({ target: doubleInChildren, args: [3] }), [0, 2, 4]);
    } finally {
      setTreeLimits(DEFAULTS);
    }
  },
  "setTreeLimits: wrong values": async () => {
    for (const wrong of [null, 3, { depth: "3" }, { Depth: 3 }, { processes: 1n }])
      assert.throws(() => setTreeLimits(wrong as never), TypeError);
    for (const wrong of [{ depth: -1 }, { depth: 1.5 }, { processes: Number.NaN }]) assert.throws(() => setTreeLimits(wrong), RangeError);
    setTreeLimits({ depth: undefined, processes: Number.POSITIVE_INFINITY });
    setTreeLimits(DEFAULTS);
  },
};
