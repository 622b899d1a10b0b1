import assert from "node:assert/strict";
import { ProcessDiedError, Queue, TimeoutError } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";
import { ignoreTerm } from "./helpers.ts";

export function sum(a: number, b: number): number {
  return a + b;
}

export function throwRange(): void {
  throw new RangeError("thrown");
}

export async function giveQueue(): Promise<{ readonly queue: Queue<string> }> {
  const queue = new Queue<string>();
  await queue.put("in the result");
  return { queue };
}

const NEVER_LOADED = "data:text/javascript,setInterval(() => {}, 1000); await new Promise(() => {}); export default () => 1";

/** Only the native backend has what these cases test. */
export const only = "native";

export const cases: Cases = {
  "process: joinSync and resultSync; what the target threw; how it died": async () => {
    const add = await started({ target: sum, args: [1, 2] });
    assert.equal(add.resultSync({ timeout: 20_000 }), 3);
    assert.equal(add.joinSync(), 0);
    assert.equal(add.exitCode, 0);
    const thrower = await started({ target: throwRange, args: [], stderr: "null" });
    assert.throws(() => thrower.resultSync(), RangeError);
    assert.equal(thrower.joinSync(), 1);
    const sleeper = await started({ target: stay, args: [] });
    assert.equal(sleeper.joinSync({ timeout: 50 }), null);
    assert.throws(() => sleeper.resultSync({ timeout: 50 }), TimeoutError);
    sleeper.kill();
    assert.throws(() => sleeper.resultSync(), ProcessDiedError);
    assert.equal(sleeper.exitCode, -9);
    await sleeper.join();
  },
  "a result with a shared object inside comes also while the thread blocks": async () => {
    for (const isSync of [true, false]) {
      const p = await started({ target: giveQueue });
      const { queue } = isSync ? p.resultSync({ timeout: 20_000 }) : await p.result({ timeout: 20_000 });
      assert.equal(await queue.get({ timeout: 10_000 }), "in the result");
      queue.close();
      assert.equal(p.joinSync(), 0);
    }
  },
  "terminate({ grace }) and startTimeout kill the child also while the thread blocks": async () => {
    const ready = new Queue<string>();
    const stubborn = await started({ target: ignoreTerm, args: [ready] });
    assert.equal(await ready.get({ timeout: 10_000 }), "ready");
    stubborn.terminate({ grace: 200 });
    assert.equal(stubborn.joinSync({ timeout: 20_000 }), -9);
    const stuck = await started({ target: { module: NEVER_LOADED }, startTimeout: 500, stderr: "null" });
    assert.throws(() => stuck.resultSync({ timeout: 20_000 }), { name: "TimeoutError", message: /startTimeout/ });
    assert.equal(stuck.joinSync({ timeout: 20_000 }), -9);
    ready.close();
  },
};
