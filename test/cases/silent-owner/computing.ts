import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { Queue } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { started } from "../../suite/help.ts";
import { onlyPortable } from "./helpers.ts";

/** Puts and gets with limits while the owner computes. Gives how many milliseconds the slowest took, and the names of the outcomes. */
export async function impatient(full: Queue<number>, empty: Queue<number>): Promise<[number, string[]]> {
  await full.qsize();
  await empty.put(0);
  await delay(200);
  const start = performance.now();
  const outcomes = await Promise.allSettled([
    full.put(1, { timeout: 200 }),
    full.put(2, { signal: AbortSignal.timeout(200) }),
    empty.get({ timeout: 200 }),
  ]);
  const ms = performance.now() - start;
  return [ms, outcomes.map((each) => (each.status === "rejected" ? each.reason.name : "done"))];
}

export const cases: Cases = {
  "an owner that computes keeps nobody waiting": slow(async () => {
    onlyPortable();
    const [full, empty] = [new Queue<number>(1), new Queue<number>()];
    await full.put(0);
    const child = await started({ target: impatient, args: [full, empty] });
    await empty.get();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1800);
    const [ms, names] = await child.result({ timeout: 20_000 });
    assert.ok(ms < 1500, `took ${ms} ms`);
    assert.deepEqual(names, ["TimeoutError", "TimeoutError", "Empty"]);
    await child.join();
    assert.equal(await full.qsize(), 1, "neither put went in");
  }),
};
