import assert from "node:assert/strict";
import { activeChildren, ClosedError, Process, Queue, StateError, TimeoutError, wait } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects, started } from "../../suite/help.ts";
import { collectGarbage, settled } from "../../suite/leaks.ts";
import { stay } from "../../suite/sync.ts";
import { untilTold } from "./helpers.ts";

export const cases: Cases = {
  "sentinel (test_sentinel)": async () => {
    const q = new Queue();
    const p = new Process({ target: untilTold, args: [q] });
    assert.throws(() => p.sentinel, StateError);
    await p.start();
    assert.deepEqual(await wait([p.sentinel], { timeout: 0 }), []);
    await q.put(1);
    assert.deepEqual(await wait([p.sentinel], { timeout: 10_000 }), [p.sentinel]);
    assert.equal(await p.join(), 0);
    assert.deepEqual(await wait([p.sentinel], { timeout: 0 }), [p.sentinel]);
  },
  "result: timeout, abort; more than once": async () => {
    const q = new Queue();
    const p = await started({ target: untilTold, args: [q] });
    await rejects(p.result({ timeout: 20 }), TimeoutError);
    const reason = new Error("enough");
    await assert.rejects(p.result({ signal: AbortSignal.abort(reason) }), reason);
    await assert.rejects(p.join({ signal: AbortSignal.abort(reason) }), reason);
    const abort = new AbortController();
    const joining = p.join({ signal: abort.signal });
    abort.abort(reason);
    await assert.rejects(joining, reason);
    await rejects(p.join({ timeout: "1" as never }), TypeError);
    await rejects(p.result({ timeout: Number.NaN }), TypeError);
    await q.put(1);
    assert.equal(await p.result(), undefined);
    assert.equal(await p.result({ timeout: 2 ** 31 }), undefined);
    await p.join({ timeout: Number.POSITIVE_INFINITY });
  },
  "await using ends the child": async () => {
    const p = await started({ target: stay });
    await p[Symbol.asyncDispose]();
    assert.throws(() => p.exitCode, ClosedError);
    await new Process({ target: stay })[Symbol.asyncDispose]();
  },
  "calls that wait for a start get the error when it fails; the process can be started again": async () => {
    const p = new Process({ target: stay, cwd: "/nowhere" });
    for (let i = 0; i < 2; i++) {
      const starting = rejects(p.start(), Error, /cwd \/nowhere/);
      const waits = [p.join(), p.join({ timeout: 20_000 }), p.result(), wait([p]), wait([p.sentinel])];
      for (const twin of [() => p.joinSync(), () => p.resultSync()]) assert.throws(twin, StateError, "nobody would ever start it");
      // A kill() while a process starts must not end its next start, when this one fails.
      p.kill();
      const [error, ...heard] = await Promise.all([starting, ...waits.map((waiting) => rejects(waiting, Error, /cwd \/nowhere/))]);
      assert.ok(heard.every((each) => each === error));
      await rejects(p.join(), StateError);
    }
    p.close();
  },
  "disposal while a start is under way, whether it then fails or not": async () => {
    const all: Pick<Process, "start" | typeof Symbol.asyncDispose>[] = [
      new Process({ target: () => 1 }),
      new Process({ target: stay, cwd: "/nowhere" }),
      new Process({ target: stay }),
    ];
    const starts = all.map((each) => each.start());
    const ends = all.map((each) => each[Symbol.asyncDispose]());
    assert.deepEqual(
      (await Promise.allSettled(starts)).map(({ status }) => status),
      ["rejected", "rejected", "fulfilled"],
    );
    await Promise.all(ends);
    assert.equal(activeChildren().length, 0);
  },
  "a wait that ran out leaves nothing behind": async () => {
    const p = await started({ target: stay });
    const signals: WeakRef<AbortSignal>[] = [];
    const look = async (): Promise<void> => {
      const { signal } = new AbortController();
      signals.push(new WeakRef(signal));
      assert.equal(await p.join({ timeout: 0, signal }), null);
      await rejects(p.result({ timeout: 0, signal }), TimeoutError);
      assert.deepEqual(await wait([p], { timeout: 0, signal }), []);
    };
    for (let i = 0; i < 100; i++) await look();
    // A conservative garbage collector may keep a few.
    const left = await settled(() => {
      collectGarbage();
      return signals.flatMap((signal) => (signal.deref() === undefined ? [] : ["a signal"])).slice(10);
    });
    assert.deepEqual(left, []);
    p.kill();
    await p.join();
  },
};
