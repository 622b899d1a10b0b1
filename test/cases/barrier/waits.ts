import assert from "node:assert/strict";
import { once } from "node:events";
import { Barrier, BrokenBarrierError, ClosedError, Pipe, Queue } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, started } from "../../suite/help.ts";
import { timed } from "../../suite/sync.ts";
import { takeItems } from "../helpers/signals.ts";
import { comeAndWait, PARTIES, partiesWait, passOnce, several } from "./helpers.ts";

/** Makes a barrier, and comes to it twice: first when its parent sends a signal. */
export async function makeAndPass(q: Queue<Barrier>): Promise<string> {
  const signalled = once(process, "SIGUSR2");
  // A listener for a signal does not keep a process alive; a timer does.
  const timer = setInterval(() => {}, 1000);
  const barrier = new Barrier(2);
  await q.put(barrier);
  await signalled;
  clearInterval(timer);
  await barrier.wait();
  await barrier.wait();
  return "both";
}

/** Comes to the barrier as the second party, and ends before the others have come. */
export async function comeAndEnd(barrier: Barrier): Promise<void> {
  barrier.wait().catch(() => {});
  await partiesWait(barrier, 2);
  barrier.close();
}

export const cases: Cases = {
  "abort: every waiting party gets BrokenBarrierError, and no party passes (test_abort)": async () => {
    const [barrier, seen] = [new Barrier(PARTIES), new Queue()];
    const child = await started({ target: several, args: ["expectBroken", barrier, seen, 2] });
    const tasks = several("expectBroken", barrier, seen, 2);
    await partiesWait(barrier, 4);
    await barrier.abort();
    assert.deepEqual(await takeItems(seen, 4), Array(4).fill("BrokenBarrierError"));
    await tasks;
    assert.equal(await barrier.isBroken(), true);
    assert.equal(await barrier.getWaiting(), 0);
    await rejects(barrier.wait(), BrokenBarrierError);
    await rejects(barrier.wait({ timeout: 0 }), BrokenBarrierError);
    assert.equal(await child.join(), 0);
    barrier.close();
  },
  "reset: every waiting party gets BrokenBarrierError, and the next round works (test_reset)": async () => {
    const [barrier, seen] = [new Barrier(PARTIES), new Queue()];
    const child = await started({ target: several, args: ["brokenThenPass", barrier, seen, 2] });
    const tasks = several("brokenThenPass", barrier, seen, 2);
    await partiesWait(barrier, 4);
    await barrier.reset();
    assert.deepEqual(await takeItems(seen, 4).then((all) => all.filter((each) => each === "BrokenBarrierError").length), 4);
    assert.equal(await barrier.isBroken(), false);
    await passOnce(barrier, seen);
    assert.deepEqual((await takeItems(seen, PARTIES)).sort(), [0, 1, 2, 3, 4]);
    await tasks;
    await child.join();
    barrier.close();
  },
  "a reset after an abort makes the barrier usable again (test_abort_and_reset)": async () => {
    const [barrier, seen] = [new Barrier(PARTIES), new Queue()];
    const child = await started({ target: several, args: ["expectBroken", barrier, seen, 2] });
    const tasks = several("expectBroken", barrier, seen, 2);
    await partiesWait(barrier, 4);
    await barrier.abort();
    await takeItems(seen, 4);
    await tasks;
    await child.join();
    await barrier.reset();
    assert.equal(await barrier.isBroken(), false);
    const again = await started({ target: several, args: ["passOnce", barrier, seen, 3] });
    await several("passOnce", barrier, seen, 2);
    assert.deepEqual((await takeItems(seen, PARTIES)).sort(), [0, 1, 2, 3, 4]);
    await again.join();
    barrier.close();
  },
  "a party that comes too late: all parties get BrokenBarrierError, the late one too (test_timeout)": slow(async () => {
    const [barrier, seen] = [new Barrier(PARTIES), new Queue()];
    const child = await started({ target: several, args: ["expectTooLate", barrier, seen, 2] });
    await partiesWait(barrier, 2);
    const tasks = timed(0, 2000, () => several("expectTooLate", barrier, seen, 2));
    await tasks;
    assert.deepEqual(await takeItems(seen, 4), Array(4).fill("BrokenBarrierError"));
    await rejects(barrier.wait({ timeout: 500 }), BrokenBarrierError);
    await child.join();
    barrier.close();
  }),
  "all parties come in time, and one is too busy to see it: it has passed, and the next round works": slow(async () => {
    const q = new Queue<Barrier>();
    const child = await started({ target: makeAndPass, args: [q] });
    const barrier = await q.get();
    const passed = barrier.wait({ timeout: 1000 });
    await partiesWait(barrier, 1);
    // The child comes while this process is busy. The timeout is over too before this process looks at either.
    process.kill(child.pid as number, "SIGUSR2");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1300);
    await passed;
    await barrier.wait({ timeout: 20_000 });
    assert.equal(await child.result({ timeout: 20_000 }), "both");
    await child.join();
    barrier.close();
  }),
  "the barrier's own timeout does the same (test_default_timeout)": async () => {
    const [barrier, seen] = [new Barrier(PARTIES, { timeout: 400 }), new Queue()];
    const child = await started({ target: several, args: ["expectBroken", barrier, seen, 2] });
    await timed(100, 3000, () => several("expectBroken", barrier, seen, 2));
    assert.deepEqual(await takeItems(seen, 4), Array(4).fill("BrokenBarrierError"));
    assert.equal(await barrier.isBroken(), true);
    await child.join();
    await barrier.reset();
    await rejects(
      timed(0, 300, () => barrier.wait({ timeout: 0 })),
      BrokenBarrierError,
    );
    assert.equal(await barrier.isBroken(), true);
    barrier.close();
  },
  "an abort signal rejects with its reason, and breaks the barrier for the others": async () => {
    const [barrier, reason] = [new Barrier(3), new Error("enough")];
    await assert.rejects(barrier.wait({ signal: AbortSignal.abort(reason) }), reason);
    assert.equal(await barrier.getWaiting(), 0);
    assert.equal(await barrier.isBroken(), false);
    const abort = new AbortController();
    const other = barrier.wait();
    const aborted = barrier.wait({ signal: abort.signal });
    other.catch(() => {});
    await partiesWait(barrier, 2);
    abort.abort(reason);
    await assert.rejects(aborted, reason);
    await rejects(other, BrokenBarrierError);
    barrier.close();
  },
  "closing one of two objects of a process breaks the barrier only if the process waits through that one": async () => {
    const [barrier, q] = [new Barrier(2), new Queue<Barrier>()];
    const second = async (): Promise<Barrier> => {
      await q.put(barrier);
      return q.get();
    };
    const [idle, waits, acts] = [await second(), await second(), await second()];
    const first = barrier.wait();
    idle.close();
    assert.equal(await barrier.isBroken(), false);
    assert.equal(await waits.wait(), 1);
    assert.equal(await first, 0);
    const left = waits.wait();
    await partiesWait(barrier, 1);
    waits.close();
    await rejects(left, ClosedError);
    await rejects(barrier.wait(), BrokenBarrierError);
    await barrier.reset();
    // The last party closes its object while it runs its action.
    const other = barrier.wait();
    other.catch(() => {});
    await partiesWait(barrier, 1);
    await rejects(acts.wait({ action: () => acts.close() }), ClosedError);
    await rejects(other, BrokenBarrierError);
    for (const each of [barrier, q]) each.close();
  },
  "a party that closes the barrier while it waits, or ends, breaks it for the others": slow(async () => {
    const barrier = new Barrier(2);
    const [a, b] = Pipe<Barrier>();
    await a.send(barrier);
    const twin = await b.recv();
    const waiting = barrier.wait();
    const child = await started({ target: comeAndWait, args: [twin, new Queue()], stderr: "null" });
    assert.deepEqual([await waiting, await child.result()].sort(), [0, 1]);
    await child.join();
    const pending = twin.wait();
    await partiesWait(barrier, 1);
    twin.close();
    twin.close();
    await rejects(pending, ClosedError, /closed/);
    for (const call of [() => twin.wait(), () => twin.reset(), () => twin.abort(), () => twin.getWaiting(), () => twin.isBroken()])
      await rejects(call(), ClosedError, /closed/);
    await rejects(a.send(twin), ClosedError);
    for (const each of [barrier, a, b]) each.close();
    const other = new Barrier(3);
    const left = other.wait();
    left.catch(() => {});
    await partiesWait(other, 1);
    const ending = await started({ target: comeAndEnd, args: [other] });
    assert.equal(await ending.join(), 0);
    await rejects(
      timed(0, 1000, () => left),
      BrokenBarrierError,
    );
    other.close();
  }),
};
