// The program has replaced its timers and clocks, as test runners do.
import assert from "node:assert/strict";
import * as timers from "node:timers";
import { Client, Empty, Event, Lock, Queue, TimeoutError, wait } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isNative, rejects, run, started } from "../../suite/help.ts";
import { KEY, listening } from "../listener/helpers.ts";

export async function half(n: number, out: Queue<number>): Promise<number> {
  await out.put(n / 2);
  return n / 2;
}

/** Does what fakes do, in a child: they are there before the target waits for anything. */
export async function waitWithFakes(q: Queue<number>): Promise<string> {
  return withFakes(async () => {
    const error = await q.get({ timeout: 50 }).catch((error: Error) => error);
    return (error as Error).name;
  });
}

const realNow = performance.now.bind(performance);

/** Runs it while every timer of the program is dead, and every clock stands still. */
async function withFakes<T>(act: () => Promise<T>): Promise<T> {
  const names = ["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "clearImmediate", "queueMicrotask"] as const;
  const globals = globalThis as unknown as Record<string, unknown>;
  const real = names.map((name) => [name, globals[name]] as const);
  const { now } = Date;
  const dead = (): object => ({ unref: () => {}, ref: () => {} });
  for (const name of names) globals[name] = dead;
  Date.now = () => 0;
  performance.now = () => 0;
  try {
    return await act();
  } finally {
    for (const [name, value] of real) globals[name] = value;
    Date.now = now;
    performance.now = realNow;
  }
}

async function took(least: number, act: () => Promise<unknown>): Promise<void> {
  const start = realNow();
  await act();
  const ms = realNow() - start;
  assert.ok(ms >= least - 2 && ms < least + 5000, `took ${ms} ms instead of ${least}`);
}

export const cases: Cases = {
  "processes start, give their results and end": slow(() =>
    withFakes(async () => {
      const out = new Queue<number>();
      assert.equal(await run({ target: half, args: [8, out] }), 4);
      assert.equal(await out.get({ timeout: 5000 }), 4);
      const child = await started({ target: half, args: [6, out] });
      assert.equal(await child.result(), 3);
      assert.equal(await child.join({ timeout: 10_000 }), 0);
      assert.equal(await run({ target: waitWithFakes, args: [new Queue<number>()] }), "Empty");
    }),
  ),
  "every limit of a wait counts": () =>
    withFakes(async () => {
      const [q, lock, event] = [new Queue<number>(), new Lock(), new Event()];
      const listener = await listening();
      await lock.acquire();
      await took(50, () => rejects(q.get({ timeout: 50 }), Empty));
      await took(50, async () => assert.equal(await lock.acquire({ timeout: 50 }), false));
      await took(50, async () => assert.equal(await event.wait({ timeout: 50 }), false));
      await took(50, async () => assert.deepEqual(await wait([q, event], { timeout: 50 }), []));
      await took(50, () => rejects(listener.accept({ timeout: 50 }), TimeoutError));
      const client = await Client(listener.address, { authKey: KEY });
      await took(50, () => rejects(client.recv({ timeout: 50 }), TimeoutError));
      client.close();
      listener.close();
      if (!isNative) return;
      await took(150, async () => assert.throws(() => q.getSync({ timeout: 150 }), Empty));
      await took(150, async () => assert.equal(lock.acquireSync({ timeout: 150 }), false));
      await took(150, async () => assert.equal(event.waitSync({ timeout: 150 }), false));
    }),
  "the module of timers may be replaced too": async () => {
    const module = timers as unknown as { default: Record<string, unknown> };
    const real = module.default.setTimeout;
    module.default.setTimeout = () => ({ unref: () => {} });
    try {
      await took(50, () => rejects(new Queue().get({ timeout: 50 }), Empty));
    } finally {
      module.default.setTimeout = real;
    }
  },
};
