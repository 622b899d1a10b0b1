import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import {
  Barrier,
  BrokenBarrierError,
  ClosedError,
  getContext,
  Lock,
  Pipe,
  Process,
  Queue,
  SerializationError,
  UnsupportedError,
} from "../../mod.ts";
import type { Cases } from "../suite/case.ts";
import { isNative, rejects, run, started } from "../suite/help.ts";
import { scribble, survives, withFile } from "../suite/memory-file.ts";
import { goOn, killed, onlyNative, stay, stopped, timed } from "../suite/sync.ts";

const PARTIES = 5;

type Act = (barrier: Barrier, seen: Queue) => Promise<void>;

/** In lockstep: what every party saw of the others at its `count` passages. */
export async function passAndSay(barrier: Barrier, before: Queue, after: Queue, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await before.put(i);
    await barrier.wait();
    // All have come here, and nobody can come again before all have said this.
    await after.put((await before.qsize()) === PARTIES * (i + 1));
    await barrier.wait();
  }
}

export async function passOnce(barrier: Barrier, seen: Queue): Promise<void> {
  await seen.put(await barrier.wait());
}

export async function expectBroken(barrier: Barrier, seen: Queue): Promise<void> {
  const error = await rejects(barrier.wait(), BrokenBarrierError, /reset/);
  await seen.put(error.name);
}

export async function brokenThenPass(barrier: Barrier, seen: Queue): Promise<void> {
  await expectBroken(barrier, seen);
  await passOnce(barrier, seen);
}

export async function makeAndPass(q: Queue<Barrier>): Promise<string> {
  const barrier = new Barrier(2);
  await q.put(barrier);
  await delay(600);
  await barrier.wait();
  await barrier.wait();
  return "both";
}

export async function expectTooLate(barrier: Barrier, seen: Queue): Promise<void> {
  const error = await rejects(barrier.wait({ timeout: 500 }), BrokenBarrierError);
  await seen.put(error.name);
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

/** Says that it is there, then waits at the barrier. */
export async function comeAndWait(barrier: Barrier, ready: Queue): Promise<number> {
  const waiting = barrier.wait();
  await ready.put("came");
  return waiting;
}

/** Has the barrier and does not come to it. */
export async function stayAway(barrier: Barrier, ready: Queue): Promise<void> {
  await ready.put(barrier.parties);
  await stay();
}

export async function endInOrder(barrier: Barrier): Promise<number> {
  return barrier.parties;
}

export async function closeAndStay(barrier: Barrier, ready: Queue): Promise<void> {
  barrier.close();
  await ready.put("closed");
  await stay();
}

export async function passAndStay(barrier: Barrier, ready: Queue): Promise<void> {
  await barrier.wait();
  await ready.put("passed");
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

/** Tasks of one process that are as many parties. */
export async function several(
  act: "passOnce" | "expectBroken" | "brokenThenPass" | "expectTooLate",
  barrier: Barrier,
  seen: Queue,
  count: number,
): Promise<void> {
  const acts: Readonly<Record<string, Act>> = { passOnce, expectBroken, brokenThenPass, expectTooLate };
  await Promise.all(Array.from({ length: count }, () => acts[act]?.(barrier, seen)));
}

/** Until so many wait. */
async function waitingAre(barrier: Barrier, count: number): Promise<void> {
  const until = performance.now() + 10_000;
  while ((await barrier.getWaiting()) !== count) {
    assert.ok(performance.now() < until, `${await barrier.getWaiting()} wait, expected ${count}`);
    await delay(2);
  }
}

async function take(q: Queue, count: number): Promise<unknown[]> {
  const items: unknown[] = [];
  for (let i = 0; i < count; i++) items.push(await q.get({ timeout: 10_000 }));
  return items;
}

export const cases: Cases = {
  "nobody passes until all have come, ten times over (test_barrier, test_barrier_10)": async () => {
    const [barrier, before, after] = [new Barrier(PARTIES), new Queue(), new Queue()];
    const children = await Promise.all([0, 1].map(() => started({ target: passAndSay, args: [barrier, before, after, 10] })));
    await Promise.all([0, 1, 2].map(() => passAndSay(barrier, before, after, 10)));
    for (const child of children) assert.equal(await child.join(), 0);
    assert.deepEqual(await take(after, 10 * PARTIES), Array(10 * PARTIES).fill(true));
    assert.equal(await barrier.getWaiting(), 0);
    assert.equal(await barrier.isBroken(), false);
    assert.equal(barrier.parties, PARTIES);
    barrier.close();
  },
  "each party gets a number of its own (test_wait_return)": async () => {
    const [barrier, seen] = [new Barrier(PARTIES), new Queue<number>()];
    const child = await started({ target: several, args: ["passOnce", barrier, seen, 3] });
    await several("passOnce", barrier, seen, 2);
    assert.deepEqual((await take(seen, PARTIES)).sort(), [0, 1, 2, 3, 4]);
    await child.join();
    barrier.close();
  },
  "the action runs once a round, before anybody goes on (test_action)": async () => {
    const [barrier, log] = [new Barrier(3), new Queue<string>()];
    const child = await started({ target: actAndPass, args: [barrier, log, 10] });
    await Promise.all([0, 1].map(() => actAndPass(barrier, log, 10)));
    for (let i = 0; i < 10; i++) assert.deepEqual(await take(log, 4), ["action", "passed", "passed", "passed"]);
    assert.equal(await log.empty(), true);
    await child.join();
    barrier.close();
  },
  "what an action throws reaches its party alone, and breaks the barrier": async () => {
    const [barrier, seen] = [new Barrier(3), new Queue()];
    const child = await started({ target: several, args: ["expectBroken", barrier, seen, 2] });
    await waitingAre(barrier, 2);
    const action = (): never => {
      throw new RangeError("from the action");
    };
    await rejects(barrier.wait({ action }), RangeError, /from the action/);
    assert.equal((await take(seen, 2)).length, 2);
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
  "abort: the others get BrokenBarrierError, nobody passes (test_abort)": async () => {
    const [barrier, seen] = [new Barrier(PARTIES), new Queue()];
    const child = await started({ target: several, args: ["expectBroken", barrier, seen, 2] });
    const tasks = several("expectBroken", barrier, seen, 2);
    await waitingAre(barrier, 4);
    await barrier.abort();
    assert.deepEqual(await take(seen, 4), Array(4).fill("BrokenBarrierError"));
    await tasks;
    assert.equal(await barrier.isBroken(), true);
    assert.equal(await barrier.getWaiting(), 0);
    await rejects(barrier.wait(), BrokenBarrierError);
    await rejects(barrier.wait({ timeout: 0 }), BrokenBarrierError);
    assert.equal(await child.join(), 0);
    barrier.close();
  },
  "reset: those who wait get BrokenBarrierError, then all pass (test_reset)": async () => {
    const [barrier, seen] = [new Barrier(PARTIES), new Queue()];
    const child = await started({ target: several, args: ["brokenThenPass", barrier, seen, 2] });
    const tasks = several("brokenThenPass", barrier, seen, 2);
    await waitingAre(barrier, 4);
    await barrier.reset();
    assert.deepEqual(await take(seen, 4).then((all) => all.filter((each) => each === "BrokenBarrierError").length), 4);
    assert.equal(await barrier.isBroken(), false);
    await passOnce(barrier, seen);
    assert.deepEqual((await take(seen, PARTIES)).sort(), [0, 1, 2, 3, 4]);
    await tasks;
    await child.join();
    barrier.close();
  },
  "after an abort a reset makes it usable again (test_abort_and_reset)": async () => {
    const [barrier, seen] = [new Barrier(PARTIES), new Queue()];
    const child = await started({ target: several, args: ["expectBroken", barrier, seen, 2] });
    const tasks = several("expectBroken", barrier, seen, 2);
    await waitingAre(barrier, 4);
    await barrier.abort();
    await take(seen, 4);
    await tasks;
    await child.join();
    await barrier.reset();
    assert.equal(await barrier.isBroken(), false);
    const again = await started({ target: several, args: ["passOnce", barrier, seen, 3] });
    await several("passOnce", barrier, seen, 2);
    assert.deepEqual((await take(seen, PARTIES)).sort(), [0, 1, 2, 3, 4]);
    await again.join();
    barrier.close();
  },
  "one that is late: all get BrokenBarrierError, the late one too (test_timeout)": async () => {
    const [barrier, seen] = [new Barrier(PARTIES), new Queue()];
    const child = await started({ target: several, args: ["expectTooLate", barrier, seen, 2] });
    await waitingAre(barrier, 2);
    const tasks = timed(0, 2000, () => several("expectTooLate", barrier, seen, 2));
    await delay(700);
    await rejects(barrier.wait({ timeout: 500 }), BrokenBarrierError);
    await tasks;
    assert.deepEqual(await take(seen, 4), Array(4).fill("BrokenBarrierError"));
    await child.join();
    barrier.close();
  },
  "all came in time, and one was too busy to see it: it has passed, and so will the next round": async () => {
    const q = new Queue<Barrier>();
    const child = await started({ target: makeAndPass, args: [q] });
    const barrier = await q.get();
    const until = performance.now() + 1500;
    const passed = barrier.wait({ timeout: 1000 });
    await delay(300);
    // Its timer is due before it looks again.
    while (performance.now() < until);
    await passed;
    await barrier.wait({ timeout: 20_000 });
    assert.equal(await child.result({ timeout: 20_000 }), "both");
    await child.join();
    barrier.close();
  },
  "the barrier's own timeout does the same (test_default_timeout)": async () => {
    const [barrier, seen] = [new Barrier(PARTIES, { timeout: 400 }), new Queue()];
    const child = await started({ target: several, args: ["expectBroken", barrier, seen, 2] });
    await timed(100, 3000, () => several("expectBroken", barrier, seen, 2));
    assert.deepEqual(await take(seen, 4), Array(4).fill("BrokenBarrierError"));
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
  "one party never waits (test_single_thread)": async () => {
    const barrier = new Barrier(1);
    assert.equal(await barrier.wait(), 0);
    assert.equal(await barrier.wait({ timeout: 0 }), 0);
    barrier.close();
  },
  "a thousand rounds: each is over before the next (test_thousand)": async () => {
    const [barrier, log] = [new Barrier(PARTIES), new Queue<number>()];
    const rounds = 1000;
    const children = await Promise.all([0, 1].map(() => started({ target: passManyTimes, args: [barrier, log, rounds] })));
    const tasks = Promise.all([0, 1, 2].map(() => passManyTimes(barrier, log, rounds)));
    for (let i = 0; i < rounds; i++) for (let j = 0; j < PARTIES; j++) assert.equal(await log.get(), i);
    await tasks;
    for (const child of children) assert.equal(await child.join(), 0);
    barrier.close();
  },
  "a party killed before it comes breaks the barrier for all at once": async () => {
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
  },
  "a party killed while it waits breaks the barrier for all at once": async () => {
    const [barrier, ready] = [new Barrier(3), new Queue()];
    const child = await started({ target: comeAndWait, args: [barrier, ready] });
    await ready.get();
    await waitingAre(barrier, 1);
    await rejects(killed(child, barrier.wait()), BrokenBarrierError);
    assert.equal(await barrier.isBroken(), true);
    barrier.close();
  },
  "a party killed at its action, or stuck there, breaks it too": async () => {
    const [barrier, ready] = [new Barrier(2), new Queue()];
    const waiting = barrier.wait();
    const child = await started({ target: actForever, args: [barrier, ready] });
    await ready.get();
    // A round that is not over yet: who comes early waits for it.
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
  "one that ends in order, or closed it and is killed, breaks nothing": async () => {
    const [barrier, ready] = [new Barrier(2), new Queue()];
    const waiting = barrier.wait({ timeout: 10_000 });
    assert.equal(await run({ target: endInOrder, args: [barrier] }), 2);
    const child = await started({ target: closeAndStay, args: [barrier, ready] });
    await ready.get();
    child.kill();
    await child.join();
    await delay(300);
    assert.equal(await barrier.isBroken(), false);
    assert.equal(await barrier.getWaiting(), 1);
    assert.equal(await barrier.wait(), 1);
    assert.equal(await waiting, 0);
    barrier.close();
  },
  "one that closes it while it waits, or ends, breaks it: nobody waits for it": async () => {
    const barrier = new Barrier(2);
    const [a, b] = Pipe<Barrier>();
    await a.send(barrier);
    const twin = await b.recv();
    const waiting = barrier.wait();
    const child = await started({ target: comeAndWait, args: [twin, new Queue()], stderr: "null" });
    assert.deepEqual([await waiting, await child.result()].sort(), [0, 1]);
    await child.join();
    const pending = twin.wait();
    await delay(20);
    twin.close();
    twin.close();
    await rejects(pending, ClosedError, /closed/);
    for (const call of [() => twin.wait(), () => twin.reset(), () => twin.abort(), () => twin.getWaiting(), () => twin.isBroken()])
      await rejects(call(), ClosedError, /closed/);
    await rejects(a.send(twin), ClosedError);
    for (const each of [barrier, a, b]) each.close();
    const other = new Barrier(3);
    const ready = new Queue();
    const ending = await started({ target: comeAndEnd, args: [other] });
    const left = comeAndWait(other, ready);
    left.catch(() => {});
    assert.equal(await ending.join(), 0);
    await rejects(
      timed(0, 1000, () => left),
      BrokenBarrierError,
    );
    other.close();
  },
  "a killed process that passed and kept the barrier breaks the rounds to come": async () => {
    const [barrier, ready] = [new Barrier(2), new Queue()];
    const child = await started({ target: passAndStay, args: [barrier, ready] });
    assert.equal(typeof (await barrier.wait()), "number");
    await ready.get();
    await rejects(killed(child, barrier.wait()), BrokenBarrierError);
    barrier.close();
  },
  "a stopped party is waited for, within the timeouts": async () => {
    const [barrier, ready] = [new Barrier(2), new Queue()];
    const child = await started({ target: passAndStay, args: [barrier, ready] });
    await waitingAre(barrier, 1);
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
  "an abort signal rejects with its reason, and breaks the barrier for the others": async () => {
    const [barrier, reason] = [new Barrier(3), new Error("enough")];
    await assert.rejects(barrier.wait({ signal: AbortSignal.abort(reason) }), reason);
    assert.equal(await barrier.getWaiting(), 0);
    assert.equal(await barrier.isBroken(), false);
    const abort = new AbortController();
    const other = barrier.wait();
    const aborted = barrier.wait({ signal: abort.signal });
    other.catch(() => {});
    await waitingAre(barrier, 2);
    abort.abort(reason);
    await assert.rejects(aborted, reason);
    await rejects(other, BrokenBarrierError);
    barrier.close();
  },
  "barriers travel: nested, through a queue, to a grandchild": async () => {
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
  },
  "bad arguments": async () => {
    for (const parties of ["2", null, undefined, {}, [2], true, 2n]) assert.throws(() => new Barrier(parties as never), TypeError);
    for (const parties of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])
      assert.throws(() => new Barrier(parties), RangeError);
    assert.throws(() => new Barrier(2, { action: 5 as never }), TypeError);
    for (const timeout of [Number.NaN, "1", null]) assert.throws(() => new Barrier(2, { timeout: timeout as never }), TypeError);
    const barrier = new Barrier(2);
    for (const timeout of [Number.NaN, "1", null]) await rejects(barrier.wait({ timeout: timeout as never }), TypeError);
    await rejects(barrier.wait(5 as never), TypeError);
    await rejects(barrier.wait({ action: 5 as never }), TypeError);
    assert.equal(await barrier.getWaiting(), 0);
    assert.equal(await barrier.isBroken(), false);
    barrier.close();
  },
  "sync twins": async () => {
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
  },
  "random words in a barrier: an error or an answer, no crash, no endless loop": async () => {
    onlyNative();
    for (let seed = 1; seed <= 15; seed++) {
      const { object: barrier, file } = withFile(() => new Barrier(2));
      const waiting = barrier.wait({ timeout: 200 }).catch((error: unknown) => assert.ok(error instanceof Error));
      await delay(5);
      scribble(file, seed);
      await waiting;
      await survives([
        () => barrier.wait({ timeout: 20 }),
        async () => barrier.waitSync({ timeout: 20 }),
        () => barrier.getWaiting(),
        () => barrier.isBroken(),
        () => barrier.abort(),
        () => barrier.reset(),
      ]);
      barrier.close();
    }
  },
  "wait() does not take a barrier or a lock": async () => {
    const { wait } = await import("../../mod.ts");
    const [barrier, lock] = [new Barrier(2), new Lock()];
    for (const each of [barrier, lock]) {
      await rejects(wait([each]), TypeError);
      each.close();
    }
  },
};

/** Comes to the barrier, and ends without waiting for the others. */
export async function comeAndEnd(barrier: Barrier): Promise<void> {
  barrier.wait().catch(() => {});
  await delay(50);
  barrier.close();
}
