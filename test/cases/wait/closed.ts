// An object is closed while a call waits for it.
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { Barrier, ClosedError, Condition, Event, Lock, Pipe, Queue, Semaphore, SimpleQueue, wait } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects, started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";
import { listening, pair } from "../listener/helpers.ts";

interface Closable {
  close(): void;
}

/** Makes an object of each kind that `wait()` takes, with a function that makes it ready. */
async function waitables(): Promise<[Closable & object, () => Promise<unknown>][]> {
  const [queue, simple, event, listener] = [new Queue<number>(), new SimpleQueue<number>(), new Event(), await listening()];
  const [a, b] = Pipe<number>();
  const [client, conn] = await pair(listener);
  return [
    [queue, () => queue.put(1)],
    [simple, () => simple.put(1)],
    [event, () => event.set()],
    [a, () => b.send(1)],
    [conn, () => client.send(1)],
    [listener, () => pair(listener)],
  ];
}

export const cases: Cases = {
  "wait() with producers rejects with ClosedError, and with nothing else that nobody could handle": async () => {
    const producer = await started({ target: stay });
    for (let turns = 0; turns < 12; turns++) {
      const queue = new Queue<number>();
      const waiting = rejects(wait([queue], { from: [producer] }), ClosedError);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      queue.close();
      await waiting;
    }
    producer.kill();
    await producer.join();
  },
  "wait() rejects with ClosedError, whether the object is closed at once or later": async () => {
    for (const turn of [() => Promise.resolve(), () => delay(30)]) {
      for (const [object] of await waitables()) {
        const other = new Event();
        const waiting = [wait([object]), wait([other, object], { timeout: 20_000 })];
        await turn();
        object.close();
        for (const each of waiting) await rejects(each, ClosedError);
        other.close();
      }
    }
  },
  "wait() never reports an object in the place of a closed one": async () => {
    for (const make of [
      (): [Closable & object, () => Promise<unknown>] => {
        const queue = new Queue<number>();
        return [queue, () => queue.put(1)];
      },
      (): [Closable & object, () => Promise<unknown>] => {
        const event = new Event();
        return [event, () => event.set()];
      },
      (): [Closable & object, () => Promise<unknown>] => {
        const [a, b] = Pipe<number>();
        return [a, () => b.send(1)];
      },
    ]) {
      const [object] = make();
      const waiting = wait([object], { timeout: 1000 });
      object.close();
      // The library may use the numbers of the closed object again.
      const others = Array.from({ length: 4 }, make);
      for (const [, makeReady] of others) await makeReady();
      await rejects(waiting, ClosedError);
      for (const [other] of others) other.close();
    }
  },
  "calls in several steps reject with ClosedError, and touch no object that was made later": async () => {
    const condition = new Condition();
    await condition.acquire();
    const waiting = condition.wait({ timeout: 500 });
    condition.close();
    const [lock, permits] = [new Lock(), new Semaphore(0)];
    await lock.acquire();
    await rejects(waiting, ClosedError);
    assert.equal(await lock.acquire({ block: false }), false, "the other lock is still held");
    assert.equal(await permits.acquire({ block: false }), false);
    const barrier = new Barrier(2);
    const party = barrier.wait({ timeout: 500 });
    barrier.close();
    const later = new Barrier(2);
    await rejects(party, ClosedError);
    assert.equal(await later.isBroken(), false);
    for (const object of [lock, permits, later]) object.close();
  },
};
