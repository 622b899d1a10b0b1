import assert from "node:assert/strict";
import { statSync, truncateSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Empty, Full, Queue } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { MIB, started } from "../../suite/help.ts";
import { scribble, survives, withFile } from "../../suite/memory-file.ts";
import { goOn, stay, stopped } from "../../suite/sync.ts";
import { until } from "../helpers/signals.ts";

export async function makeAndGive(q: Queue<Queue<string>>): Promise<void> {
  const inner = new Queue<string>();
  await inner.put("still there");
  await q.put(inner);
  await stay();
}

export async function hammer(q: Queue<number>): Promise<void> {
  for (let i = 0; ; i++) {
    q.putSync(i);
    if (i % 2 === 1) q.getSync();
    if (i % 1000 === 0) await delay(0);
  }
}

/** Only the native backend has what these cases test. */
export const only = "native";

export const cases: Cases = {
  "a queue outlives the process that made it": async () => {
    const q = new Queue<Queue<string>>();
    const child = await started({ target: makeAndGive, args: [q] });
    const inner = await q.get({ timeout: 20_000 });
    child.kill();
    await child.join();
    assert.equal(await inner.get({ timeout: 5000 }), "still there");
    await inner.put("more");
    assert.equal(inner.getSync(), "more");
  },
  "memory of consumed items is given back": async () => {
    const { object: q, file } = withFile(() => new Queue<Uint8Array>());
    const item = new Uint8Array(4 * MIB);
    const size = (): number => statSync(file).blocks * 512;
    for (let i = 0; i < 16; i++) await q.put(item);
    assert.ok(size() >= 60 * MIB, String(size()));
    for (let i = 0; i < 16; i++) await q.get();
    assert.ok(size() <= 12 * MIB, String(size()));
    for (let i = 0; i < 50; i++) {
      await q.put(item);
      await q.get();
    }
    assert.ok(size() <= 16 * MIB, String(size()));
  },
  "a queue that is empty and unused for a second keeps its first 64 KiB alone": async () => {
    const { object: q, file } = withFile(() => new Queue<Uint8Array>());
    const size = (): number => statSync(file).blocks * 512;
    const empty = size();
    const item = new Uint8Array(10_000);
    for (let i = 0; i < 400; i++) await q.put(item);
    assert.ok(size() - empty >= 4 * MIB - 2 ** 16, String(size()));
    for (let i = 0; i < 400; i++) await q.get();
    await until(() => size() - empty <= 2 ** 16);
    await q.put(item);
    assert.deepEqual(await q.get(), item);
  },
  "while another process is stopped in a call, waits keep to their timeouts; nothing breaks after SIGCONT": async () => {
    const q = new Queue<number>();
    const child = await started({ target: hammer, args: [q] });
    await q.get();
    for (let round = 0; round < 20; round++) {
      await stopped(child);
      const start = performance.now();
      await q.put(-1, { timeout: 100 }).catch((error) => assert.ok(error instanceof Full));
      await q.get({ timeout: 100 }).catch((error) => assert.ok(error instanceof Empty));
      assert.ok(performance.now() - start < 2000);
      const { puts } = await q.stats();
      goOn(child);
      await until(async () => (await q.stats()).puts > puts);
    }
    const stats = await q.stats();
    assert.equal(stats.lost, 0);
    assert.equal(stats.puts - stats.gets, stats.size);
    child.kill();
    await child.join();
  },
  "random words in a queue's memory lead to errors, not to crashes or endless loops": async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { object: q, file } = withFile(() => new Queue<string>());
      for (let i = 0; i < 5; i++) await q.put(`item ${i}`);
      scribble(file, seed);
      await survives([
        () => q.put("x", { timeout: 50 }),
        () => q.get({ timeout: 50 }),
        () => q.stats(),
        () => q.taskDone(),
        () => q.join({ timeout: 50 }),
        () => q.qsize(),
      ]);
      q.close();
    }
  },
  "no process can change the size of a queue's memory": async () => {
    const { object: q, file } = withFile(() => new Queue<string>());
    for (const size of [0, statSync(file).size + 1]) assert.throws(() => truncateSync(file, size), { code: "EPERM" });
    await q.put("whole");
    assert.equal(await q.get(), "whole");
  },
};
