import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { ClosedError, Empty, JoinableQueue, Queue, ShutDown, StateError } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects, run, started } from "../../suite/help.ts";
import { timed } from "../../suite/sync.ts";

/** Takes items with timeouts that often run out. Gives the number of items that came out of order. */
export async function impatient(q: Queue<number>, last: number): Promise<number> {
  let disorder = 0;
  for (let before = 0; before < last; ) {
    try {
      const item = await q.get({ timeout: Math.random() * 2 });
      if (item < before) disorder++;
      else before = item;
    } catch (error) {
      if (!(error instanceof Empty)) throw error;
    }
  }
  return disorder;
}

export async function abortedGet(q: Queue<number>): Promise<string> {
  const abort = new AbortController();
  const getting = q.get({ signal: abort.signal });
  abort.abort();
  return getting.then(
    () => "got",
    () => "aborted",
  );
}

export async function countAll(q: Queue<number>): Promise<number> {
  let count = 0;
  for await (const _ of q) count++;
  return count;
}

export const cases: Cases = {
  "waits that share a signal take a time that grows with their number alone": async () => {
    const q = new Queue<number>();
    const abortMany = async (count: number): Promise<number> => {
      const controller = new AbortController();
      const begun = performance.now();
      const gets = Array.from({ length: count }, () => q.get({ signal: controller.signal }));
      // Deno takes longer to reject promises that nobody waits for yet.
      await delay(1);
      controller.abort(new RangeError("all of them"));
      for (const { status } of await Promise.allSettled(gets)) assert.equal(status, "rejected");
      return performance.now() - begun;
    };
    await abortMany(500);
    // A listener for each wait takes 100 times as long on Node, because a signal looks at all its listeners when one is added. Another process, or
    // a collection of garbage, may take the time of one look.
    const looks: string[] = [];
    for (let isGood = false; !isGood; ) {
      const [few, many] = [await abortMany(2000), await abortMany(20_000)];
      isGood = many < 50 * few;
      looks.push(`${few} and ${many} ms`);
      assert.ok(isGood || looks.length < 3, looks.join("; "));
    }
    q.close();
  },
  "a get that times out leaves the order of items as it was": async () => {
    const q = new Queue<number>();
    const child = await started({ target: impatient, args: [q, 1000] });
    for (let i = 1; i <= 1000; i++) {
      await q.put(i);
      if (i % 3 === 0) await delay(1);
    }
    assert.equal(await child.result({ timeout: 20_000 }), 0);
    await child.join();
  },
  "get with a timeout rejects with Empty, not before (test_timeout)": async () => {
    const start = performance.now();
    await rejects(new Queue().get({ timeout: 200 }), Empty);
    assert.ok(performance.now() - start >= 195);
  },
  "every call after close() rejects with ClosedError, whether the queue was used or not (test_closed_queue_*)": async () => {
    for (const used of [false, true]) {
      const q = new JoinableQueue<number>();
      if (used) await q.put(1);
      q.close();
      await q.joinThread();
      q.close();
      for (const call of [
        () => q.put(1),
        () => q.putNowait(1),
        () => q.get(),
        () => q.getNowait(),
        () => q.empty(),
        () => q.full(),
        () => q.qsize(),
        () => q.stats(),
        () => q.join(),
        () => q.taskDone(),
        () => q.shutdown(),
      ]) {
        await rejects(call(), ClosedError, /closed/);
      }
    }
    const q = new Queue();
    await rejects(q.joinThread(), StateError, /close/);
  },
  "close() ends a pending get of this process": async () => {
    const q = new Queue();
    const getting = q.get();
    q.close();
    await timed(0, 2000, () => rejects(getting, ClosedError));
  },
  "a waiting put goes in when there is room, in order": async () => {
    const q = new Queue<number>(1);
    const puts = [0, 1, 2, 3].map((i) => q.put(i));
    for (let i = 0; i < 4; i++) assert.equal(await q.get(), i);
    await Promise.all(puts);
  },
  "aborts: before, and while it waits; nothing is left behind": async () => {
    const q = new Queue<number>(1);
    const reason = new Error("enough");
    await assert.rejects(q.get({ signal: AbortSignal.abort(reason) }), reason);
    const get = new AbortController();
    const getting = q.get({ signal: get.signal });
    get.abort(reason);
    await assert.rejects(getting, reason);
    await q.put(1);
    assert.equal(await q.qsize(), 1, "the aborted get took nothing");
    const put = new AbortController();
    const putting = q.put(2, { signal: put.signal });
    put.abort(reason);
    await assert.rejects(putting, reason);
    assert.equal(await q.get(), 1);
    await rejects(q.getNowait(), Empty);
    const join = new AbortController();
    const joining = q.join({ signal: join.signal });
    join.abort(reason);
    await assert.rejects(joining, reason);
  },
  "an aborted get in a child loses no item": async () => {
    const q = new Queue<number>();
    assert.equal(await run({ target: abortedGet, args: [q] }), "aborted");
    await q.put(7);
    assert.equal(await q.get({ timeout: 1000 }), 7);
    assert.equal((await q.stats()).lost, 0);
  },
  "shutdown() lets items be taken, then ends all calls; an immediate one drops the items": async () => {
    const q = new Queue<number>(2);
    await q.put(1);
    await q.put(2);
    const waiting = q.put(3);
    await q.shutdown();
    await rejects(waiting, ShutDown);
    await rejects(q.put(4), ShutDown);
    const seen: number[] = [];
    for await (const item of q) seen.push(item);
    assert.deepEqual(seen, [1, 2]);
    await rejects(q.get(), ShutDown);
    const now = new Queue<number>();
    const getting = now.get();
    await now.shutdown();
    await rejects(getting, ShutDown);
    const dropped = new Queue<number>();
    await dropped.put(1);
    await dropped.shutdown({ immediate: true });
    await rejects(dropped.get(), ShutDown);
    await dropped.join();
  },
  "shutdown reaches a consumer in another process": async () => {
    const q = new Queue<number>();
    const child = await started({ target: countAll, args: [q] });
    for (let i = 0; i < 10; i++) await q.put(i);
    await q.shutdown();
    assert.equal(await child.result(), 10);
    await child.join();
  },
};
