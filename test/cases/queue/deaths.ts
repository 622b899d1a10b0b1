import assert from "node:assert/strict";
import { type Context, getContext, JoinableQueue, OwnerDiedError, ProcessDiedError, Queue } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects, run, started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";
import { fallenAsleep } from "../helpers/signals.ts";

export async function getOne(q: Queue, ready: Queue): Promise<void> {
  await ready.put("waiting");
  await q.get();
}

export async function takeAndHold(q: Queue<number>, ready: Queue, count: number): Promise<void> {
  const taken: number[] = [];
  for (let i = 0; i < count; i++) taken.push(await q.get());
  await ready.put(taken);
  await stay();
}

export async function putBig(q: Queue<Uint8Array>, ready: Queue, bytes: number): Promise<void> {
  const item = new Uint8Array(bytes);
  await ready.put("putting");
  await q.put(item);
}

export async function putAndExit(q: Queue<number>, count: number): Promise<void> {
  for (let i = 0; i < count; i++) void q.put(i);
}

// Only portable objects have an owner: a native queue outlives the process that made it.
function portable(): Context {
  return getContext("spawn", { backend: "portable" });
}

export async function own(out: Queue<Queue<string>>): Promise<void> {
  const mine = new (portable().Queue)<string>();
  await mine.put("from its maker");
  await out.put(mine);
  await stay();
}

export const cases: Cases = {
  "a child's unfinished puts are completed when it ends by itself": async () => {
    const q = new Queue<number>();
    await run({ target: putAndExit, args: [q, 500] });
    assert.equal(await q.qsize(), 500);
    for (let i = 0; i < 500; i++) assert.equal(await q.get(), i);
  },
  "a producer killed in the middle of a large put leaves nothing behind and blocks no other process": async () => {
    const q = new Queue<Uint8Array | string>();
    const ready = new Queue();
    const child = await started({ target: putBig as never, args: [q, ready, 200 << 20] as never });
    await ready.get();
    child.kill();
    assert.equal(await child.join(), -9);
    await q.put("after");
    const first = await q.get({ timeout: 5000 });
    assert.ok(first === "after" || (first as Uint8Array).length === 200 << 20);
  },
  "a consumer killed while it waits blocks no other process": async () => {
    const q = new Queue<string>();
    const ready = new Queue();
    const child = await started({ target: getOne, args: [q, ready] });
    await ready.get();
    await fallenAsleep(child);
    child.kill();
    await child.join();
    await q.put("still there");
    assert.equal(await q.get({ timeout: 3000 }), "still there");
  },
  "a consumer is killed while it holds items: join reports their number, once": async () => {
    const q = new JoinableQueue<number>();
    const ready = new Queue();
    for (let i = 0; i < 5; i++) await q.put(i);
    const child = await started({ target: takeAndHold, args: [q, ready, 3] });
    assert.deepEqual(await ready.get(), [0, 1, 2]);
    const joining = q.join({ timeout: 10_000 });
    joining.catch(() => {});
    child.kill();
    await child.join();
    const error = await rejects(joining, ProcessDiedError);
    assert.equal((error as ProcessDiedError).items, 3);
    for (let i = 3; i < 5; i++) {
      assert.equal(await q.get(), i);
      await q.taskDone();
    }
    await q.join({ timeout: 1000 });
  },
  "redeliver puts the items of a dead consumer back in order": async () => {
    const q = new JoinableQueue<number>({ redeliver: true });
    const ready = new Queue();
    for (let i = 0; i < 5; i++) await q.put(i);
    const child = await started({ target: takeAndHold, args: [q, ready, 3] });
    await ready.get();
    child.kill();
    await child.join();
    for (let i = 0; i < 5; i++) {
      assert.equal(await q.get({ timeout: 5000 }), i);
      await q.taskDone();
    }
    await q.join({ timeout: 1000 });
    const stats = await q.stats();
    assert.equal(stats.redelivered, 3);
    assert.equal(stats.lost, 0);
  },
  "the death of an object's owner ends all waits with OwnerDiedError within 1 s": async () => {
    const q = new (portable().Queue)<Queue<string>>();
    const child = await started({ target: own, args: [q] });
    const theirs = await q.get();
    assert.equal(await theirs.get(), "from its maker");
    const waits = [theirs.get(), theirs.get({ timeout: 20_000 }), theirs.join().then(() => theirs.get())];
    for (const each of waits) each.catch(() => {});
    const start = performance.now();
    child.kill();
    for (const each of waits) {
      const error = (await rejects(each, OwnerDiedError, /gone/)) as OwnerDiedError;
      assert.equal(error.pid, child.pid);
    }
    assert.ok(performance.now() - start < 1000);
    await rejects(theirs.put("x"), OwnerDiedError);
    await rejects(theirs.qsize(), OwnerDiedError);
    await child.join();
  },
};
