import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { Empty, Event, JoinableQueue, Lock, type Queue, wait } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { started } from "../../suite/help.ts";
import { goOn, inTime, isOpen, stopped, withOwner } from "./helpers.ts";

/** Takes an item with an object of a silent process inside. Gives how many milliseconds that took. */
export async function takeObject(items: Queue<Lock>, ready: Event, go: Event): Promise<number> {
  await ready.set();
  await go.wait();
  const start = performance.now();
  const lock = await items.get({ timeout: 5000 });
  const ms = performance.now() - start;
  await items.taskDone();
  await lock.acquire();
  return ms;
}

export const cases: Cases = {
  "an item arrives in time although an object inside lives in a silent process": () =>
    withOwner(async ({ lock }, owner) => {
      const [items, ready, go] = [new JoinableQueue<Lock>(), new Event(), new Event()];
      await items.put(lock);
      const child = await started({ target: takeObject, args: [items, ready, go] });
      await ready.wait();
      await stopped(owner);
      await go.set();
      await delay(1000);
      goOn(owner);
      const ms = await child.result({ timeout: 20_000 });
      assert.ok(ms < 900, `took ${ms} ms`);
      await items.join({ timeout: 5000 });
      await child.join();
    }),
  "a put whose time runs out ends in time, and says that it may have happened": () =>
    withOwner(async ({ empty, full }, owner) => {
      await stopped(owner);
      isOpen(await inTime(200, () => full.put(1, { timeout: 200 })));
      isOpen(await inTime(200, () => empty.put(1, { timeout: 200 })));
      const reason = new Error("enough");
      const abort = new AbortController();
      setTimeout(() => abort.abort(reason), 200);
      isOpen(await inTime(200, () => empty.put(2, { signal: abort.signal })), reason);
      goOn(owner);
      // The puts to the queue with room have happened, and the one to the full queue has not.
      assert.deepEqual([await empty.get(), await empty.get(), await full.get()], [1, 2, 0]);
      assert.deepEqual([await empty.qsize(), await full.qsize()], [0, 0]);
    }),
  "a get whose time runs out takes no item": () =>
    withOwner(async ({ empty }, owner) => {
      await empty.put(7);
      await stopped(owner);
      assert.ok((await inTime(200, () => empty.get({ timeout: 200 }))) instanceof Empty);
      const reason = new Error("enough");
      const abort = new AbortController();
      setTimeout(() => abort.abort(reason), 100);
      assert.equal(await inTime(100, () => empty.get({ signal: abort.signal })), reason);
      goOn(owner);
      assert.equal(await empty.get({ timeout: 5000 }), 7);
      assert.equal((await empty.stats()).lost, 0);
    }),
  "a look ends within about a second": () =>
    withOwner(async ({ empty, conn }, owner) => {
      await empty.put(7);
      await stopped(owner);
      const looks = Promise.all([
        inTime(1000, () => empty.getNowait()),
        inTime(1000, () => conn.poll()),
        inTime(1000, () => wait([empty], { timeout: 0 })),
      ]);
      isOpen(await inTime(1250, () => empty.putNowait(8)));
      const [got, polled, ready] = await looks;
      assert.ok(got instanceof Empty);
      assert.deepEqual([polled, ready], [false, []]);
      goOn(owner);
      assert.deepEqual([await empty.get(), await empty.get()], [7, 8]);
    }),
  "join, poll, recv, send and wait() end in time": () =>
    withOwner(async ({ full, empty, conn }, owner) => {
      await stopped(owner);
      const [joined, polled, received, sent, ready] = await Promise.all([
        inTime(200, () => full.join({ timeout: 200 })),
        inTime(200, () => conn.poll(200)),
        inTime(200, () => conn.recv({ timeout: 200 })),
        inTime(200, () => conn.send(1, { timeout: 200 })),
        inTime(200, () => wait([empty, conn], { timeout: 200 })),
      ]);
      assert.equal((joined as Error).name, "TimeoutError");
      assert.equal((received as Error).name, "TimeoutError");
      assert.deepEqual([polled, ready], [false, []]);
      isOpen(sent);
    }),
  "wait() sees what is ready, and what becomes ready, although another object's owner is silent": () =>
    withOwner(async ({ empty, conn }, owner) => {
      const own = new JoinableQueue<number>();
      await own.put(1);
      await stopped(owner);
      assert.deepEqual(await wait([empty, own, conn], { timeout: 900 }), [own]);
      await own.get();
      const waiting = wait([empty, own, conn], { timeout: 900 });
      await delay(100);
      await own.put(2);
      assert.deepEqual(await waiting, [own]);
      own.close();
    }),
  "the objects inside an item live until the put is decided": () =>
    withOwner(async ({ empty }, owner) => {
      const items = empty as Queue<unknown>;
      const lock = new Lock();
      await stopped(owner);
      isOpen(await inTime(100, () => items.put(lock, { timeout: 100 })));
      lock.close();
      goOn(owner);
      const came = (await items.get({ timeout: 5000 })) as Lock;
      assert.equal(await came.acquire({ timeout: 5000 }), true, "the lock has lived on");
      came.close();
    }),
  "a process that gave up its puts ends": () =>
    withOwner(async ({ full }, owner) => {
      await stopped(owner);
      isOpen(await inTime(50, () => full.put(1, { timeout: 50 })));
      full.close();
      await inTime(0, () => full.joinThread());
    }),
};
