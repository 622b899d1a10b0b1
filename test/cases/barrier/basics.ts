import assert from "node:assert/strict";
import { Barrier, BrokenBarrierError, getContext, Pipe, Process, Queue, SerializationError, UnsupportedError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isNative, rejects, started } from "../../suite/help.ts";
import { takeItems } from "../helpers/signals.ts";
import { PARTIES, partiesWait, passOnce, several, stayAway } from "./helpers.ts";

/** Passes `count` times, and says each time whether all parties had come. */
export async function passAndSay(barrier: Barrier, before: Queue, after: Queue, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await before.put(i);
    await barrier.wait();
    // No party can come again before all have said this: the second wait keeps them together.
    await after.put((await before.qsize()) === PARTIES * (i + 1));
    await barrier.wait();
  }
}

export async function passManyTimes(barrier: Barrier, log: Queue, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await barrier.wait();
    await log.put(i);
  }
}

export async function actAndPass(barrier: Barrier, log: Queue, rounds: number): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    await barrier.wait({ action: () => log.put("action") });
    await log.put("passed");
    await barrier.wait();
  }
}

export async function passNested(parts: { deep: [Barrier] }, q: Queue<Barrier>): Promise<number[]> {
  const other = await q.get();
  return Promise.all([parts.deep[0].wait(), other.wait()]);
}

export async function grandchildPasses(barrier: Barrier, seen: Queue): Promise<void> {
  const child = new Process({ target: passOnce, args: [barrier, seen] });
  await child.start();
  assert.equal(await child.join(), 0);
}

export function passSync(barrier: Barrier, rounds: number): number {
  let firsts = 0;
  for (let i = 0; i < rounds; i++) if (barrier.waitSync({ timeout: 10_000 }) === 0) firsts++;
  return firsts;
}

export const cases: Cases = {
  "nobody passes until all parties have come, ten times over (test_barrier, test_barrier_10)": slow(async () => {
    const [barrier, before, after] = [new Barrier(PARTIES), new Queue(), new Queue()];
    const children = await Promise.all([0, 1].map(() => started({ target: passAndSay, args: [barrier, before, after, 10] })));
    await Promise.all([0, 1, 2].map(() => passAndSay(barrier, before, after, 10)));
    for (const child of children) assert.equal(await child.join(), 0);
    assert.deepEqual(await takeItems(after, 10 * PARTIES), Array(10 * PARTIES).fill(true));
    assert.equal(await barrier.getWaiting(), 0);
    assert.equal(await barrier.isBroken(), false);
    assert.equal(barrier.parties, PARTIES);
    barrier.close();
  }),
  "each party gets a number of its own (test_wait_return)": async () => {
    const [barrier, seen] = [new Barrier(PARTIES), new Queue<number>()];
    const child = await started({ target: several, args: ["passOnce", barrier, seen, 3] });
    await several("passOnce", barrier, seen, 2);
    assert.deepEqual((await takeItems(seen, PARTIES)).sort(), [0, 1, 2, 3, 4]);
    await child.join();
    barrier.close();
  },
  "the action runs once a round, before any party goes on (test_action)": async () => {
    const [barrier, log] = [new Barrier(3), new Queue<string>()];
    const child = await started({ target: actAndPass, args: [barrier, log, 10] });
    await Promise.all([0, 1].map(() => actAndPass(barrier, log, 10)));
    for (let i = 0; i < 10; i++) assert.deepEqual(await takeItems(log, 4), ["action", "passed", "passed", "passed"]);
    assert.equal(await log.empty(), true);
    await child.join();
    barrier.close();
  },
  "an error of an action reaches the party that ran it, and breaks the barrier for the others": async () => {
    const [barrier, seen] = [new Barrier(3), new Queue()];
    const child = await started({ target: several, args: ["expectBroken", barrier, seen, 2] });
    await partiesWait(barrier, 2);
    const action = (): never => {
      throw new RangeError("from the action");
    };
    await rejects(barrier.wait({ action }), RangeError, /from the action/);
    assert.equal((await takeItems(seen, 2)).length, 2);
    assert.equal(await barrier.isBroken(), true);
    assert.equal(await child.join(), 0);
    let ran = 0;
    const own = new Barrier(1, { action: async () => void ran++ });
    await own.wait();
    await own.wait();
    assert.equal(ran, 2);
    await rejects(own.wait({ action: 5 as never }), TypeError);
    const [a] = Pipe();
    await rejects(a.send(own), SerializationError, /action/);
    for (const each of [own, barrier, a]) each.close();
  },
  "a barrier of one party never waits (test_single_thread)": async () => {
    const barrier = new Barrier(1);
    assert.equal(await barrier.wait(), 0);
    assert.equal(await barrier.wait({ timeout: 0 }), 0);
    barrier.close();
  },
  "a thousand rounds: each one is over before the next begins (test_thousand)": slow(async () => {
    const [barrier, log] = [new Barrier(PARTIES), new Queue<number>()];
    const rounds = 1000;
    const children = await Promise.all([0, 1].map(() => started({ target: passManyTimes, args: [barrier, log, rounds] })));
    const tasks = Promise.all([0, 1, 2].map(() => passManyTimes(barrier, log, rounds)));
    for (let i = 0; i < rounds; i++) for (let j = 0; j < PARTIES; j++) assert.equal(await log.get(), i);
    await tasks;
    for (const child of children) assert.equal(await child.join(), 0);
    barrier.close();
  }),
  "barriers travel: nested, through a queue, to a grandchild": slow(async () => {
    const [barrier, other, q] = [new Barrier(2), new Barrier(2, { timeout: 20_000 }), new Queue<Barrier>()];
    await q.put(other);
    const child = await started({ target: passNested, args: [{ deep: [barrier] }, q] });
    const ours = await Promise.all([barrier.wait(), other.wait()]);
    const theirs = await child.result();
    for (const i of [0, 1]) assert.deepEqual([ours[i], theirs[i]].sort(), [0, 1]);
    await child.join();
    const seen = new Queue<number>();
    const parent = await started({ target: grandchildPasses, args: [barrier, seen] });
    const index = await barrier.wait();
    assert.equal(await seen.get(), 1 - index);
    assert.equal(await parent.join(), 0);
    for (const each of [barrier, other]) each.close();
  }),
  "the synchronous calls block on the native backend, and the portable one refuses them": slow(async () => {
    const portable = new (getContext("spawn", { backend: "portable" }).Barrier)(1);
    assert.throws(() => portable.waitSync(), UnsupportedError);
    assert.equal(await portable.wait(), 0);
    portable.close();
    if (!isNative) return;
    const barrier = new Barrier(2);
    const children = await Promise.all([0, 1].map(() => started({ target: passSync, args: [barrier, 500] })));
    const firsts = [await children[0]?.result(), await children[1]?.result()] as number[];
    assert.equal((firsts[0] as number) + (firsts[1] as number), 500);
    for (const child of children) await child.join();
    const start = performance.now();
    assert.throws(() => barrier.waitSync({ timeout: 120 }), BrokenBarrierError);
    assert.ok(performance.now() - start >= 119);
    assert.throws(() => barrier.waitSync(), BrokenBarrierError);
    await barrier.reset();
    const ready = new Queue();
    const child = await started({ target: stayAway, args: [barrier, ready] });
    await ready.get();
    child.kill();
    const since = performance.now();
    assert.throws(() => barrier.waitSync({ timeout: 60_000 }), BrokenBarrierError);
    assert.ok(performance.now() - since < 1000);
    await child.join();
    await barrier.reset();
    const one = new Barrier(1);
    const thrower = (): never => {
      throw new RangeError("from the action");
    };
    assert.throws(() => one.waitSync({ action: thrower }), RangeError);
    assert.equal(await one.isBroken(), true);
    one.close();
    barrier.close();
  }),
};
