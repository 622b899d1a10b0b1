// This process is busy until after the deadline. What came in time is found all the same.
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { Client, type Connection, Event, Lock, Pipe, Queue, Semaphore, wait } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { started } from "../../suite/help.ts";
import { KEY, listening } from "../listener/helpers.ts";

/** Blocks the event loop, as a computation does. */
export function compute(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

interface Things {
  readonly queue: Queue<number>;
  readonly full: Queue<number>;
  readonly lock: Lock;
  readonly permits: Semaphore;
  readonly event: Event;
  readonly conn: Connection<number>;
}

/** Does all that the others wait for. */
export async function provide({ queue, full, lock, permits, event, conn }: Things, ready: Event): Promise<string> {
  await lock.acquire();
  await ready.set();
  await delay(250);
  await Promise.all([queue.put(1), full.get(), lock.release(), permits.release(), event.set(), conn.send(2)]);
  await full.taskDone();
  return "done";
}

export async function connectLate(address: Parameters<typeof Client>[0], ready: Event): Promise<void> {
  await ready.set();
  await delay(100);
  const conn = await Client(address, { authKey: KEY });
  await conn.recv();
}

export function answer(): number {
  return 42;
}

export async function answerSoon(ready: Event): Promise<number> {
  await ready.set();
  await delay(200);
  return 42;
}

export const cases: Cases = {
  "calls find what came in time, although their timers are late": slow(async () => {
    const [ours, conn] = Pipe<number>();
    const things = { queue: new Queue<number>(), full: new Queue<number>(1), lock: new Lock(), permits: new Semaphore(0) };
    const [event, ready] = [new Event(), new Event()];
    await things.full.put(0);
    const child = await started({ target: provide, args: [{ ...things, event, conn }, ready] });
    await ready.wait();
    const wait500 = { timeout: 500 };
    const calls = [
      things.queue.get(wait500),
      things.full.put(9, wait500),
      things.lock.acquire(wait500),
      things.permits.acquire(wait500),
      event.wait(wait500),
      ours.recv(wait500),
      wait([event], wait500).then((found) => found.length),
    ];
    await delay(50);
    compute(900);
    assert.deepEqual(await Promise.all(calls), [1, undefined, true, true, true, 2, 1]);
    assert.equal(await child.result(), "done");
    await child.join();
  }),
  "result finds what came in time": slow(async () => {
    const ready = new Event();
    const child = await started({ target: answerSoon, args: [ready] });
    await ready.wait();
    const result = child.result({ timeout: 500 });
    await delay(20);
    compute(900);
    assert.equal(await result, 42);
    await child.join();
  }),
  "a child that is done is not killed by startTimeout": slow(async () => {
    const child = await started({ target: answer, startTimeout: 1500 });
    compute(2000);
    assert.equal(await child.result({ timeout: 20_000 }), 42);
    assert.equal(await child.join(), 0);
  }),
  "a peer that connects while the listener computes is accepted": slow(async () => {
    const listener = await listening();
    const ready = new Event();
    const child = await started({ target: connectLate, args: [listener.address, ready], stderr: "null" });
    await ready.wait();
    const accepting = listener.accept({ timeout: 400 }).catch((error: Error) => error.name);
    compute(700);
    // The handshake takes several steps of both sides, so it may still be under way.
    const first = await accepting;
    const conn = first === "TimeoutError" ? await listener.accept({ timeout: 5000 }) : first;
    assert.ok(typeof conn === "object");
    await conn.send(1);
    conn.close();
    await child.join();
    listener.close();
  }),
};
