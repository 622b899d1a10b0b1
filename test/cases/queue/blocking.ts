import assert from "node:assert/strict";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { Empty, Full, Queue, ShutDown, SimpleQueue, TimeoutError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { MIB, rejects, started } from "../../suite/help.ts";
import { eventLoopTurns, fallenAsleep } from "../helpers/signals.ts";

export async function waitInThreads(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    const worker = new Worker(new URL(`../../programs/thread-queue${import.meta.url.slice(-3)}`, import.meta.url));
    assert.deepEqual((await once(worker, "message"))[0], [1, 2]);
    await worker.terminate();
  }
  const queue = new Queue<number>();
  const item = queue.get({ timeout: 20_000 });
  await eventLoopTurns();
  await queue.put(3);
  return item;
}

export function echoQueueSync(there: Queue<number>, back: Queue<number>): void {
  for (let i = there.getSync(); i !== -1; i = there.getSync()) back.putSync(i);
}

export async function blockedGet(q: Queue, ready: Queue): Promise<void> {
  await ready.put(1);
  q.getSync();
}

export async function putLarge(q: Queue<unknown>): Promise<string> {
  const large = new Uint8Array(64 * MIB);
  for (let i = 0; i < 4; i++) {
    await q.put(large);
    await q.get();
  }
  return "put";
}

/** Only the native backend has what these cases test. */
export const only = "native";

export const cases: Cases = {
  "queue: putSync, getSync, joinSync, with their errors": async () => {
    const q = new Queue<number>(2);
    q.putSync(1);
    q.putSync(2);
    assert.throws(() => q.putSync(3, { block: false }), Full);
    const start = performance.now();
    assert.throws(() => q.putSync(3, { timeout: 150 }), Full);
    assert.ok(performance.now() - start >= 149);
    assert.throws(() => q.joinSync({ timeout: 20 }), TimeoutError);
    assert.equal(q.getSync(), 1);
    assert.equal(await q.get(), 2);
    assert.throws(() => q.getSync({ timeout: 0 }), Empty);
    assert.throws(() => q.getSync({ timeout: 120 }), Empty);
    await q.taskDone();
    await q.taskDone();
    q.joinSync();
    await q.shutdown();
    assert.throws(() => q.getSync(), ShutDown);
    const simple = new SimpleQueue<string>();
    simple.putSync("x");
    assert.equal(simple.getSync(), "x");
  },
  // The threads run in a child, because descriptors that a thread had open stay open until its process ends.
  "queue, pipe: threads wait on their own event loops, and can be ended while they wait": async () => {
    const child = await started({ target: waitInThreads });
    assert.equal(await child.result({ timeout: 20_000 }), 3);
    await child.join();
  },
  "queue: a blocking exchange with another process": async () => {
    const [there, back] = [new Queue<number>(), new Queue<number>()];
    const child = await started({ target: echoQueueSync, args: [there, back] });
    for (let i = 0; i < 1000; i++) {
      there.putSync(i);
      assert.equal(back.getSync({ timeout: 20_000 }), i);
    }
    there.putSync(-1);
    assert.equal(child.joinSync({ timeout: 20_000 }), 0);
  },
  "a signal's default action ends a blocking call at once": async () => {
    const q = new Queue();
    const ready = new Queue();
    const child = await started({ target: blockedGet, args: [q, ready] });
    await ready.get();
    await fallenAsleep(child);
    const start = performance.now();
    child.terminate();
    assert.equal(await child.join({ timeout: 10_000 }), -15);
    assert.ok(performance.now() - start < 2000);
  },
  "a get that looks once is answered at once, also while another one waits": async () => {
    const q = new Queue<number>();
    const first = q.get();
    for (const item of [1, 2, 3]) q.putSync(item);
    assert.equal(await q.getNowait(), 2);
    assert.equal(await first, 1);
    assert.equal(q.getSync({ timeout: 0 }), 3);
    const second = q.get();
    const start = performance.now();
    await rejects(q.getNowait(), Empty);
    assert.ok(performance.now() - start < 500, "it waited behind the other");
    q.putSync(4);
    assert.equal(await second, 4);
  },
  "while a large item is being put, the queue is neither full nor empty to others": slow(async () => {
    const q = new Queue<unknown>();
    await q.put(0);
    const child = await started({ target: putLarge, args: [q] });
    let [puts, done] = [0, false];
    const result = child.result({ timeout: 20_000 }).finally(() => (done = true));
    for (; !done; puts++) {
      await q.putNowait(puts);
      q.putSync(puts, { timeout: 0 });
      await q.getNowait();
      await delay(1);
    }
    assert.equal(await result, "put");
    await child.join();
  }),
};
