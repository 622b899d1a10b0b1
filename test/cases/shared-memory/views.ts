// The life of the bytes: memory is closed, moved, dropped or collected while views of it are kept.
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { ClosedError, SharedArray, SharedMemory } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { run } from "../../suite/help.ts";
import { collectGarbage } from "../../suite/leaks.ts";
import { eventLoopTurns, until } from "../helpers/signals.ts";
import { expectNothingLeft, freshName, MIB, make, names, pathOf, programUrl } from "./helpers.ts";

/** These cases need the native backend. */
export const only = "native";

export function moveAway(name: string): number {
  const memory = make(4096, name);
  memory.buf[7] = 7;
  const moved = new Uint8Array((memory.buf.buffer as ArrayBuffer).transfer());
  memory.close();
  assert.throws(() => memory.buf, ClosedError);
  collectGarbage();
  assert.equal(moved[7], 7);
  moved.fill(1);
  return moved.length;
}

export async function keepViews(name: string): Promise<string> {
  const bytes = make(MIB, name).buf.subarray(10, 20);
  const numbers = new SharedArray("f64", 1000).view;
  for (let round = 0; round < 10; round++) {
    collectGarbage();
    await delay(5);
    new Uint8Array(MIB).fill(1);
    bytes.fill(round);
    numbers.fill(round);
  }
  return `${new SharedMemory({ name }).buf[15]} ${bytes[9]} ${numbers[999]}`;
}

export async function withThread(name: string): Promise<string> {
  const memory = make(4096, name);
  const worker = new Worker(programUrl("thread-memory"), { workerData: name });
  await new Promise((resolve, reject) => {
    worker.on("exit", resolve);
    worker.on("error", reject);
  });
  const written = memory.buf[1];
  memory.buf.fill(12);
  const same = new SharedMemory({ name }).buf[4095];
  memory.close();
  return `${written} ${same}`;
}

export async function fromThread(): Promise<number | undefined> {
  const worker = new Worker(programUrl("thread-moves-memory"));
  const [ended, given] = [once(worker, "exit"), once(worker, "message")];
  const [buffer] = (await given) as [ArrayBuffer];
  await ended;
  return new Uint8Array(buffer)[0];
}

export const cases: Cases = {
  // The next four cases keep memory until their process ends, so each runs in a process of its own.
  "a buffer that was moved away stays readable after close": async () => {
    assert.equal(await run({ target: moveAway, args: [freshName()] }), 4096);
  },
  "an object that is dropped while a view of it is kept": async () => {
    assert.equal(await run({ target: keepViews, args: [freshName()] }), "9 9 9");
  },
  "a thread ends with a view, and the process goes on": async () => {
    const name = freshName();
    assert.equal(await run({ target: withThread, args: [name] }), "11 12");
    assert.ok(!existsSync(pathOf(name)));
  },
  "a buffer that a thread gave away outlives the thread": async () => {
    assert.equal(await run({ target: fromThread }), 42);
  },
  "views, closing and garbage collection, many times": slow(async () => {
    const kept: Uint8Array[] = [];
    for (let round = 0; round < 300; round++) {
      const memory = new SharedMemory({ create: true, size: 64 * 1024 });
      const { buf } = memory;
      buf.fill(round);
      kept.push(buf, new Uint8Array(buf.buffer, 100, 100), buf.slice(0, 8));
      memory.close();
      if (round % 30 === 0) collectGarbage();
      new Uint8Array(100_000).fill(round);
    }
    await eventLoopTurns();
    collectGarbage();
    for (const [i, view] of kept.entries()) assert.equal(view.length, i % 3 === 2 ? 8 : 0);
    for (const view of kept) view[0] = 1;
  }),
  "memory that is dropped without a view is freed": async () => {
    const dropped: string[] = [];
    const drop = (): void => {
      for (let i = 0; i < 20; i++) dropped.push(make(MIB).name);
    };
    drop();
    names.push(...dropped);
    // An engine may keep an object that it finds on the stack by chance.
    await until(() => {
      collectGarbage();
      new Uint8Array(1000_000).fill(1);
      return dropped.filter((name) => existsSync(pathOf(name))).length <= 2;
    });
  },
  "nothing is left in /dev/shm": async () => {
    expectNothingLeft(20);
  },
};
