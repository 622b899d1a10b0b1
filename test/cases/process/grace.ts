// How a parent ends a child: with a signal of the system, after a time of grace, by an AbortSignal, or at the end of a block.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { Process, ProcessDiedError, Queue } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { isNative, rejects, run, started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";
import { echoArgs, ignoreTerm, untilTold } from "./helpers.ts";

export function killMe(signal: number): void {
  // Deno's own call knows no real-time signals.
  execFileSync("kill", [`-${signal}`, String(process.pid)]);
}

/** A child that hears SIGTERM and goes on. */
async function stubborn(options: { readonly grace?: number; readonly signal?: AbortSignal } = {}): Promise<Process<never, void>> {
  const ready = new Queue<string>();
  const p = await started({ target: ignoreTerm, args: [ready], ...options });
  assert.equal(await ready.get({ timeout: 10_000 }), "ready");
  return p as unknown as Process<never, void>;
}

// Node gives no exit code of a child that a real-time signal killed.
const seesAll = isNative || "Deno" in globalThis || "Bun" in globalThis;

export const cases: Cases = {
  "a real-time signal that killed the child is its exit code, or the end is said to be unknown": async () => {
    for (const number of [34, 64]) {
      const p = await started({ target: killMe, args: [number] });
      assert.equal(await p.join(), seesAll ? -number : 255);
      const error = (await rejects(p.result(), ProcessDiedError, seesAll ? /by SIG\d+/ : /the system does not tell/)) as ProcessDiedError;
      assert.deepEqual([error.exitCode, error.signal], seesAll ? [-number, `SIG${number}`] : [255, null]);
    }
  },
  "terminate({ grace }) kills a child that does not end in time": async () => {
    const p = await stubborn();
    p.terminate();
    assert.equal(await p.join({ timeout: 200 }), null);
    const begun = performance.now();
    p.terminate({ grace: 150 });
    assert.equal(await p.join({ timeout: 10_000 }), -9);
    assert.ok(performance.now() - begun >= 145);
  },
  "terminate({ grace }) of a child that ends in time, and wrong options": async () => {
    const p = await started({ target: stay });
    assert.throws(() => p.terminate({ grace: Number.NaN }), TypeError);
    assert.throws(() => p.terminate({ gras: 1 } as never), { name: "TypeError", message: /grace/ });
    assert.throws(() => new Process({ grace: "1" as never }), TypeError);
    assert.throws(() => new Process({ signal: {} as never }), TypeError);
    p.terminate({ grace: 20_000 });
    assert.equal(await p.join({ timeout: 10_000 }), -15);
  },
  "a signal that is aborted before the start keeps the child from starting": async () => {
    const reason = new Error("changed my mind");
    const p = new Process({ target: echoArgs, signal: AbortSignal.abort(reason) });
    assert.equal(await rejects(p.start(), Error), reason);
    assert.equal(p.pid, null);
    const controller = new AbortController();
    const late = new Process({ target: echoArgs, signal: controller.signal });
    const starting = late.start();
    controller.abort(reason);
    await starting.then(
      async () => assert.equal(await rejects(late.result(), Error), reason),
      (error) => assert.equal(error, reason),
    );
    if (late.pid !== null) await late.join();
  },
  "a signal that is aborted later terminates the child, and the result rejects with its reason": async () => {
    const reason = new Error("enough");
    const controller = new AbortController();
    const p = await stubborn({ signal: controller.signal, grace: 100 });
    const result = rejects(p.result(), Error);
    controller.abort(reason);
    assert.equal(await result, reason);
    assert.equal(await p.join({ timeout: 10_000 }), -9);
    assert.equal(await rejects(p.result(), Error), reason);
  },
  "a signal that is aborted after the result changes nothing": async () => {
    const controller = new AbortController();
    const go = new Queue();
    const p = await started({ target: echoArgs, args: [1, 2], signal: controller.signal });
    assert.deepEqual(await p.result(), [1, 2]);
    controller.abort();
    assert.equal(await p.join(), 0);
    assert.deepEqual(await p.result(), [1, 2]);
    const q = await started({ target: untilTold, args: [go] });
    await go.put("go");
    assert.equal(await q.join(), 0);
    await run({ target: echoArgs, signal: controller.signal }).catch(() => {});
  },
  "await using ends a child that ignores SIGTERM": async () => {
    const p = await stubborn({ grace: 100 });
    {
      await using used = p;
      assert.equal(used.isAlive(), true);
    }
    assert.throws(() => p.pid, /closed/);
    // The object may be disposed of while it starts, and without a start.
    const q = new Process({ target: stay, grace: 100 });
    const starting = q.start();
    await q[Symbol.asyncDispose]();
    await starting;
    await new Process({ target: stay })[Symbol.asyncDispose]();
    await delay(0);
  },
};
