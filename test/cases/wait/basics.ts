import assert from "node:assert/strict";
import { Barrier, ClosedError, Event, Lock, Pipe, Queue, wait } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, started } from "../../suite/help.ts";
import { timed } from "../../suite/sync.ts";
import { flash, waitForEvent } from "../event/helpers.ts";
import { eventLoopTurns } from "../helpers/signals.ts";

export const cases: Cases = {
  "wait() takes events together with queues, connections and processes": slow(async () => {
    const [event, q, ready] = [new Event(), new Queue(), new Queue()];
    const [a, b] = Pipe();
    const child = await started({ target: waitForEvent, args: [event, ready] });
    await ready.get();
    assert.deepEqual(await wait([event, q, a, child], { timeout: 40 }), []);
    const soon = wait([event, q, a], { timeout: 10_000 });
    await event.set();
    assert.deepEqual(await soon, [event]);
    await child.join();
    assert.deepEqual(await wait([event, q, a, child]), [event, child]);
    await q.put(1);
    await b.send(1);
    await event.clear();
    assert.deepEqual(await wait([child.sentinel, event, a, q]), [child.sentinel, a, q]);
    const abort = new AbortController();
    const aborted = wait([event], { signal: abort.signal });
    abort.abort(new Error("enough"));
    await assert.rejects(aborted, /enough/);
    event.close();
    await rejects(wait([event]), ClosedError);
    await rejects(wait([new Lock() as never]), TypeError);
    a.close();
    b.close();
  }),
  "wait() goes on after another task took what was ready, until its time is over": async () => {
    const [queue, other, event] = [new Queue<number>(), new Queue<number>(), new Event()];
    for (const options of [undefined, { timeout: 20_000 }]) {
      const waiting = wait([queue, other], options);
      await eventLoopTurns();
      const taken = queue.get();
      await queue.put(1);
      assert.equal(await taken, 1);
      await eventLoopTurns();
      await other.put(2);
      assert.deepEqual(await waiting, [other]);
      await other.get();
    }
    const waiting = wait([queue], { timeout: 400 });
    await eventLoopTurns();
    const taken = queue.get();
    await queue.put(1);
    assert.equal(await taken, 1);
    assert.deepEqual(await timed(100, 20_000, () => waiting), []);
    // An event that was set for a moment counts as ready.
    const flashed = wait([queue, event], { timeout: 20_000 });
    await eventLoopTurns();
    await flash(event);
    assert.deepEqual(await flashed, [event]);
    for (const each of [queue, other, event]) each.close();
  },
  "wait() does not take a barrier or a lock": async () => {
    const [barrier, lock] = [new Barrier(2), new Lock()];
    for (const each of [barrier, lock]) {
      await rejects(wait([each as never]), TypeError);
      each.close();
    }
  },
};
