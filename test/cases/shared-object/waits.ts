import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { Barrier, ClosedError, Condition, type Connection, Event, Lock, Pipe, Queue, Semaphore, SimpleQueue, wait } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { collectGarbage } from "../../suite/leaks.ts";

export const cases: Cases = {
  "an object that only a pending call refers to stays open until the call is over": slow(async () => {
    const others: unknown[] = [];
    const end = (): Connection => {
      const [mine, other] = Pipe();
      others.push(other);
      return mine;
    };
    const limit = { timeout: 1000 };
    const acquired = async <T extends Lock | Condition>(lock: T): Promise<T> => {
      await lock.acquire();
      return lock;
    };
    const joined = async (queue: Queue): Promise<void> => {
      await queue.put(1);
      return queue.join(limit);
    };
    const calls: Record<string, () => Promise<unknown>> = {
      "Event.wait": () => new Event().wait(limit),
      "Connection.poll": () => end().poll(limit),
      "Connection.recv": () => end().recv(limit),
      "Connection.recvBytes": () => end().recvBytes(undefined, limit),
      "Connection.recvBytesInto": () => end().recvBytesInto(new Uint8Array(1), 0, limit),
      "Queue.get": () => new Queue().get(limit),
      "Queue.join": () => joined(new Queue()),
      "SimpleQueue.get": () => new SimpleQueue().get(limit),
      "Lock.acquire": async () => (await acquired(new Lock())).acquire(limit),
      "Lock.hold": async () => (await acquired(new Lock())).hold(limit),
      "Semaphore.acquire": () => new Semaphore(0).acquire(limit),
      "Condition.wait": async () => (await acquired(new Condition())).wait(limit),
      "Condition.waitFor": async () => (await acquired(new Condition())).waitFor(() => false, limit),
      "Barrier.wait": () => new Barrier(2).wait(limit),
      wait: () => wait([new Event(), new Queue(), end()], limit),
    };
    const wronglyClosed = Object.entries(calls).flatMap(([name, call]) =>
      [1, 2, 3].map(() =>
        call().then(
          () => [],
          (error: unknown) => (error instanceof ClosedError ? [name] : []),
        ),
      ),
    );
    for (let i = 0; i < 10; i++) {
      await delay(50);
      collectGarbage();
    }
    assert.deepEqual((await Promise.all(wronglyClosed)).flat(), [], "nobody closed these");
    assert.ok(others.length > 0);
  }),
};
