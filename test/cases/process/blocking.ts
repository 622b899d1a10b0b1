import assert from "node:assert/strict";
import { ProcessDiedError, TimeoutError } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";

export function sum(a: number, b: number): number {
  return a + b;
}

export function throwRange(): void {
  throw new RangeError("thrown");
}

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
};
