import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type Connection, Empty, Event, Lock, Pipe, Process, Queue } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isNative, rejects, started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";

export async function takeAndStay(items: Queue, ready: Queue): Promise<void> {
  await items.get();
  await ready.put("took");
  await stay();
}

export async function sendQueueAndStop(items: Queue<Queue>, ready: Queue): Promise<void> {
  const mine = new Queue();
  await items.put(mine);
  await ready.put("sent");
  await delay(50);
  process.kill(process.pid, "SIGSTOP");
}

export async function sendQueueAndStay(out: Connection): Promise<void> {
  const inner = new Queue<number>();
  await inner.put(7);
  await out.send(inner);
  inner.close();
  await stay();
}

export async function passOn(items: Queue<Event>, event: Event): Promise<void> {
  await items.put(event);
}

export async function setTheEvent(items: Queue<Event>): Promise<void> {
  await (await items.get()).set();
}

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

/** Waits until this process has no more open descriptors than before. */
async function backTo(before: number): Promise<void> {
  for (let tries = 0; tries < 100 && descriptors() > before; tries++) await delay(20);
  assert.ok(descriptors() <= before, `${descriptors()} descriptors, and ${before} before`);
}

/** Uses each part of the library once, so that it has opened the descriptors that stay. */
async function warmUp(): Promise<void> {
  const [q, event] = [new Queue(), new Event()];
  await q.put(event);
  await q.shutdown({ immediate: true });
  for (const object of [q, event]) object.close();
}

export const cases: Cases = {
  "an object in an item outlives the sender of the item, as long as its maker has it open": async () => {
    const [items, event] = [new Queue<Event>(), new Event()];
    const senders = [1, 2].map(() => started({ target: passOn, args: [items, event] }));
    for (const sender of await Promise.all(senders)) assert.equal(await sender.join(), 0);
    const received = await items.get({ timeout: 5000 });
    const setter = await started({ target: setTheEvent, args: [items] });
    assert.equal(await setter.join(), 0);
    assert.equal(await received.isSet(), true);
  },

  "an item that is redelivered has its objects again, as often as consumers die": slow(async () => {
    const [q, ready] = [new Queue<{ lock: Lock }>({ redeliver: true }), new Queue<string>()];
    const lock = new Lock();
    await q.put({ lock });
    for (let deaths = 0; deaths < 2; deaths++) {
      const child = await started({ target: takeAndStay, args: [q, ready] });
      await ready.get();
      child.kill();
      await child.join();
    }
    const item = await q.get({ timeout: 5000 });
    assert.equal(await item.lock.acquire(), true);
    assert.equal(await lock.acquire({ block: false }), false);
    await q.taskDone();
    await q.join();
    assert.equal((await q.stats()).redelivered, 2);
  }),
  "items that are dropped give their objects back": async () => {
    await warmUp();
    const before = descriptors();
    for (const drop of [(q: Queue) => q.shutdown({ immediate: true }), async () => {}]) {
      const q = new Queue();
      for (let i = 0; i < 30; i++) {
        const event = new Event();
        const [a, b] = Pipe();
        await q.put({ event, b });
        for (const object of [event, a, b]) object.close();
      }
      await drop(q);
      q.close();
    }
    await backTo(before);
  },
  "an item that a consumer took and lost gives its objects back": slow(async () => {
    await warmUp();
    const [q, ready] = [new Queue(), new Queue<string>()];
    const before = descriptors();
    const child = await started({ target: takeAndStay, args: [q, ready] });
    const event = new Event();
    await q.put({ event });
    event.close();
    await ready.get();
    child.kill();
    await child.join();
    await backTo(before);
  }),
  "messages that are dropped with their pipe give their objects back": async () => {
    await warmUp();
    const before = descriptors();
    const [a, b] = Pipe();
    for (let i = 0; i < 30; i++) {
      const event = new Event();
      await a.send({ event });
      event.close();
    }
    for (const end of [a, b]) end.close();
    await backTo(before);
  },
  "an object in a message on a pipe outlives the process that sent it, where no process hosts it": slow(async () => {
    const [mine, childs] = Pipe<Queue<number>>();
    const child = await started({ target: sendQueueAndStay, args: [childs], transfer: [childs] });
    await mine.poll(null);
    if (isNative) {
      child.kill();
      await child.join();
    }
    const inner = await mine.recv();
    assert.equal(await inner.get({ timeout: 5000 }), 7);
    child.kill();
    await child.join();
  }),
  "a get ends on time when the process that sent the item's objects is stopped, and the next one has the item": slow(async () => {
    const [q, ready] = [new Queue<Queue>(), new Queue<string>()];
    const child = new Process({ target: sendQueueAndStop, args: [q, ready] });
    await child.start();
    await ready.get();
    await delay(200);
    let [last, worst] = [performance.now(), 0];
    const ticking = setInterval(() => {
      worst = Math.max(worst, performance.now() - last);
      last = performance.now();
    }, 10);
    const begun = performance.now();
    // On the portable backend, the process that has the outer queue is attached to the inner one already.
    const first = isNative ? await rejects(q.get({ timeout: 300 }), Empty) : await q.get({ timeout: 300 });
    const took = performance.now() - begun;
    clearInterval(ticking);
    assert.ok(took < 1500, `get took ${took} ms`);
    assert.ok(worst < 500, `the event loop stood still for ${worst} ms`);
    process.kill(child.pid as number, "SIGCONT");
    const got = isNative ? await q.get({ timeout: 10_000 }) : (first as Queue);
    assert.equal(await got.empty(), true);
    child.kill();
    await child.join();
  }),
};
