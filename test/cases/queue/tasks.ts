import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { JoinableQueue, Queue, StateError, TimeoutError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, run, started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";

export async function consumer(q: JoinableQueue<number | null>): Promise<void> {
  while ((await q.get()) !== null) {
    // The work on an item takes a while, so that join() really waits.
    await delay(5);
    await q.taskDone();
  }
  await q.taskDone();
}

export async function takeAndMark(q: JoinableQueue, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await q.get();
    await q.taskDone();
  }
}

export async function takeAndStay(q: JoinableQueue<number>, ready: Queue<string>): Promise<void> {
  await q.get();
  await ready.put("taken");
  await stay();
}

export const cases: Cases = {
  "join returns after every item is marked done by four consumers (test_task_done)": slow(async () => {
    const q = new JoinableQueue<number | null>();
    const consumers = await Promise.all([1, 2, 3, 4].map(() => started({ target: consumer, args: [q] })));
    for (let i = 0; i < 10; i++) await q.put(i);
    await q.join();
    for (const _ of consumers) await q.put(null);
    for (const each of consumers) assert.equal(await each.join(), 0);
    await q.join({ timeout: 5000 });
  }),
  "taskDone() right after an item with a shared object in it marks that item": async () => {
    const q = new JoinableQueue();
    const inner = new Queue<string>();
    for (let i = 0; i < 6; i++) await q.put(inner);
    await takeAndMark(q, 3);
    await run({ target: takeAndMark, args: [q, 3] });
    await q.join({ timeout: 5000 });
    await rejects(q.taskDone(), StateError);
    inner.close();
    q.close();
  },
  "taskDone once too often": async () => {
    const q = new JoinableQueue<number>();
    await rejects(q.taskDone(), StateError, /taskDone/);
    await q.put(1);
    await q.get();
    await q.taskDone();
    await rejects(q.taskDone(), StateError);
  },
  "taskDone() of a process that has no item marks another one's, but not in a queue that redelivers": async () => {
    for (const redeliver of [false, true]) {
      const [q, ready] = [new JoinableQueue<number>({ redeliver }), new Queue<string>()];
      await q.put(1);
      const holder = await started({ target: takeAndStay, args: [q, ready] });
      await ready.get();
      if (redeliver) await rejects(q.taskDone(), StateError, /taskDone/);
      else await q.taskDone();
      holder.kill();
      await holder.join();
      if (redeliver) await takeAndMark(q, 1);
      await q.join({ timeout: 5000 });
      ready.close();
      q.close();
    }
  },
  "join: a timeout is a TimeoutError; without items it returns at once": async () => {
    const q = new JoinableQueue<number>();
    await q.join();
    await q.put(1);
    await rejects(q.join({ timeout: 50 }), TimeoutError);
    await rejects(q.join({ timeout: 0 }), TimeoutError);
  },
};
