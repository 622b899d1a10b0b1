import assert from "node:assert/strict";
import { Barrier, BrokenBarrierError, Queue } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, run, started } from "../../suite/help.ts";
import { goOn, killed, stay, stopped, timed } from "../../suite/sync.ts";
import { comeAndWait, partiesWait, passAndStay, stayAway } from "./helpers.ts";

export async function endNormally(barrier: Barrier): Promise<number> {
  return barrier.parties;
}

/** Ends by `process.exit` before it comes, or while it waits. */
export async function exit(barrier: Barrier, code: number, waits: boolean): Promise<void> {
  await barrier.getWaiting();
  if (waits) barrier.wait().catch(() => {});
  while (waits && (await barrier.getWaiting()) === 0);
  process.exit(code);
}

/** Closes one barrier and keeps the other one. */
export async function closeAndStay(barrier: Barrier, kept: Barrier, ready: Queue): Promise<void> {
  barrier.close();
  await ready.put(kept.parties);
  await stay();
}

export async function actForever(barrier: Barrier, ready: Queue): Promise<void> {
  await barrier.wait({
    action: async () => {
      await ready.put("acting");
      await stay();
    },
  });
}

export const cases: Cases = {
  "process.exit(0) before it comes is a normal end, and breaks nothing; any other end of that kind does": slow(async () => {
    for (const [code, waits, breaks] of [
      [0, false, false],
      [0, true, true],
      [1, false, true],
      [1, true, true],
    ] as const) {
      const barrier = new Barrier(2);
      const child = await started({ target: exit, args: [barrier, code, waits] });
      assert.equal(await child.join(), code);
      if (breaks) await rejects(barrier.wait({ timeout: 5000 }), BrokenBarrierError, /died/);
      else await Promise.all([barrier.wait({ timeout: 5000 }), barrier.wait({ timeout: 5000 })]);
      barrier.close();
    }
  }),
  "a party that is killed before it comes breaks the barrier for all parties at once": slow(async () => {
    const [barrier, ready] = [new Barrier(4), new Queue()];
    const other = await started({ target: comeAndWait, args: [barrier, ready], stderr: "null" });
    await ready.get();
    const child = await started({ target: stayAway, args: [barrier, ready] });
    assert.equal(await ready.get(), 4);
    const waits = [barrier.wait(), barrier.wait({ timeout: 60_000 })];
    await killed(child, Promise.allSettled(waits));
    for (const wait of waits) await rejects(wait, BrokenBarrierError, /died/);
    await rejects(
      timed(0, 1000, () => other.result()),
      BrokenBarrierError,
    );
    await other.join();
    await rejects(barrier.wait(), BrokenBarrierError);
    await barrier.reset();
    await Promise.all([0, 1, 2, 3].map(() => barrier.wait({ timeout: 5000 })));
    barrier.close();
  }),
  "a party that is killed while it waits breaks the barrier for all parties at once": async () => {
    const [barrier, ready] = [new Barrier(3), new Queue()];
    const child = await started({ target: comeAndWait, args: [barrier, ready] });
    await ready.get();
    await partiesWait(barrier, 1);
    await rejects(killed(child, barrier.wait()), BrokenBarrierError);
    assert.equal(await barrier.isBroken(), true);
    barrier.close();
  },
  "a party that is killed in its action, or stuck there, breaks the barrier": async () => {
    const [barrier, ready] = [new Barrier(2), new Queue()];
    const waiting = barrier.wait();
    const child = await started({ target: actForever, args: [barrier, ready] });
    await ready.get();
    // The round is not over yet, so a party that comes early waits for its end.
    const early = barrier.wait();
    early.catch(() => {});
    await rejects(killed(child, waiting), BrokenBarrierError);
    await rejects(early, BrokenBarrierError);
    await barrier.reset();
    const again = barrier.wait({ timeout: 300 });
    const stuck = await started({ target: actForever, args: [barrier, ready], stderr: "null" });
    await rejects(again, BrokenBarrierError);
    stuck.kill();
    await stuck.join();
    barrier.close();
  },
  "a process that ends normally, or closes the barrier before it is killed, breaks nothing": async () => {
    const [barrier, kept, ready] = [new Barrier(2), new Barrier(2), new Queue()];
    const waiting = barrier.wait({ timeout: 10_000 });
    assert.equal(await run({ target: endNormally, args: [barrier] }), 2);
    const child = await started({ target: closeAndStay, args: [barrier, kept, ready] });
    await ready.get();
    // The death has reached the barriers when it breaks the one that the child kept.
    await rejects(killed(child, kept.wait()), BrokenBarrierError, /died/);
    assert.equal(await barrier.isBroken(), false);
    assert.equal(await barrier.getWaiting(), 1);
    assert.equal(await barrier.wait(), 1);
    assert.equal(await waiting, 0);
    for (const each of [barrier, kept]) each.close();
  },
  "a process that passed, kept the barrier and is killed breaks the rounds to come": async () => {
    const [barrier, ready] = [new Barrier(2), new Queue()];
    const child = await started({ target: passAndStay, args: [barrier, ready] });
    assert.equal(typeof (await barrier.wait()), "number");
    await ready.get();
    await rejects(killed(child, barrier.wait()), BrokenBarrierError);
    barrier.close();
  },
  "the others wait for a stopped party, within their timeouts": async () => {
    const [barrier, ready] = [new Barrier(2), new Queue()];
    const child = await started({ target: passAndStay, args: [barrier, ready] });
    await partiesWait(barrier, 1);
    await stopped(child);
    assert.equal(await barrier.isBroken(), false);
    assert.equal(await timed(0, 1000, () => barrier.wait()), 1);
    goOn(child);
    assert.equal(await ready.get({ timeout: 10_000 }), "passed");
    await stopped(child);
    await rejects(
      timed(300, 2000, () => barrier.wait({ timeout: 300 })),
      BrokenBarrierError,
      /in time/,
    );
    goOn(child);
    child.kill();
    await child.join();
    barrier.close();
  },
};
