import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import {
  ClosedError,
  currentProcess,
  Empty,
  Event,
  type GetOptions,
  Process,
  ProcessDiedError,
  Queue,
  ShutDown,
  SimpleQueue,
  wait,
  waitSync,
} from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isNative, KILLED_ITSELF, rejects, started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";

export async function putSome(q: Queue<number>, count: number, ms = 0): Promise<void> {
  for (let i = 0; i < count; i++) {
    await q.put(i);
    if (ms > 0) await delay(ms);
  }
}

export async function putAndDie(q: Queue<unknown>, count: number, how: "kill" | "exit" | "throw"): Promise<void> {
  for (let i = 0; i < count; i++) await q.put(i);
  if (how === "kill") process.kill(process.pid, "SIGKILL");
  if (how === "exit") process.exit(0);
  throw new Error("it failed");
}

export async function putEvent(q: Queue<Event>, event: Event): Promise<void> {
  await q.put(event);
}

export async function hostQueue(out: Queue<Queue<number>>): Promise<void> {
  await out.put(new Queue<number>());
  await stay();
}

export async function never(): Promise<void> {
  await stay();
}

async function notExported(): Promise<void> {}

async function drain(q: Queue<number>, options: GetOptions): Promise<{ items: number[]; error: unknown }> {
  const items: number[] = [];
  try {
    for await (const item of q.items(options)) items.push(item);
    return { items, error: undefined };
  } catch (error) {
    return { items, error };
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

export const cases: Cases = {
  "when the processes of `from` have ended well, the last items come, and then ShutDown": async () => {
    const q = new Queue<number>();
    const worker = await started({ target: putSome, args: [q, 3] });
    for (let i = 0; i < 3; i++) assert.equal(await q.get({ from: [worker] }), i);
    await rejects(q.get({ from: [worker] }), ShutDown, /all processes of `from`/i);
    await worker.join();
    await rejects(q.get({ from: [worker], timeout: 0 }), ShutDown);
    await rejects(q.get({ from: [worker], block: false }), ShutDown);
    // Nothing was shut down.
    await q.put(7);
    assert.equal(await q.get({ from: [worker] }), 7);
    await rejects(q.get({ from: [] }), ShutDown);
    q.close();
  },
  "a killed worker ends the wait for its items with its signal, and so does an exit code": slow(async () => {
    for (const [how, fields] of [
      ["kill", { exitCode: KILLED_ITSELF.exitCode, signal: KILLED_ITSELF.signal }],
      ["throw", { exitCode: 1, signal: null }],
    ] as const) {
      const q = new Queue<number>();
      const worker = await started({ target: putAndDie as never, args: [q, 50, how] as never, stderr: "null" });
      const { items, error } = await drain(q, { from: [worker] });
      assert.deepEqual(items, upTo(50));
      assert.ok(error instanceof ProcessDiedError, String(error));
      assert.match(error.message, /Process-\S+ \(pid \d+\) ended .*no item is left/);
      assert.deepEqual({ pid: error.pid, exitCode: error.exitCode, signal: error.signal }, { pid: worker.pid, ...fields });
      assert.equal((await q.stats()).lost, 0);
      q.close();
    }
  }),
  "no item is missed, however soon after its put a process ends": slow(async () => {
    const q = new Queue<number>();
    const workers = [
      ...["exit", "exit"].map((how) => started({ target: putAndDie as never, args: [q, 20, how] as never })),
      ...[20, 20].map((count) => started({ target: putSome, args: [q, count] })),
    ];
    const { items, error } = await drain(q, { from: await Promise.all(workers) });
    assert.equal(error, undefined);
    assert.deepEqual(
      items.sort((a, b) => a - b),
      upTo(20).flatMap((i) => [i, i, i, i]),
    );
    q.close();
  }),
  "the wait goes on while one of them may still put": async () => {
    const q = new Queue<number>();
    const killed = await started({ target: never });
    const late = new Process({ target: putSome, args: [q, 1] });
    const getting = q.get({ from: [killed, late] });
    killed.kill();
    await killed.join();
    // One that is not started yet counts as alive.
    await rejects(q.get({ from: [killed, late] as Process[], timeout: 100 }), Empty);
    await late.start();
    assert.equal(await getting, 0);
    await late.join();
    const error = await rejects(q.get({ from: [late, killed] }), ProcessDiedError);
    assert.equal((error as ProcessDiedError).signal, "SIGKILL");
    q.close();
  },
  "a process whose start failed counts as failed, until it is started again": async () => {
    const q = new Queue<number>();
    const broken = new Process({ target: notExported });
    const getting = q.get({ from: [broken] });
    getting.catch(() => {});
    const reason = await broken.start().catch((error: unknown) => error);
    const error = await rejects(getting, ProcessDiedError, /did not start/);
    assert.equal(error.cause, reason);
    await rejects(q.get({ from: [broken] }), ProcessDiedError, /did not start/);
    assert.deepEqual([broken.pid, broken.exitCode, broken.isAlive()], [null, null, false]);
    const closed = new Process({ target: never });
    const waiting = q.get({ from: [closed] });
    closed.close();
    await rejects(waiting, ProcessDiedError, /did not start/);
    q.close();
  },
  "timeouts, aborts, close() and shutdown() mean the same during such a wait": async () => {
    const q = new Queue<number>();
    const worker = await started({ target: never });
    const from = [worker, currentProcess()];
    await rejects(q.get({ from, timeout: 50 }), Empty);
    await rejects(q.get({ from, block: false }), Empty);
    const abort = new AbortController();
    const aborted = q.get({ from, signal: abort.signal });
    const reason = new Error("enough");
    abort.abort(reason);
    await assert.rejects(aborted, reason);
    await q.put(1);
    assert.equal(await q.get({ from }), 1, "the aborted get took nothing");
    const ended = q.get({ from });
    await q.shutdown();
    await rejects(ended, ShutDown, /was shut down/);
    const closing = new Queue<number>();
    const pending = closing.get({ from });
    closing.close();
    await rejects(pending, ClosedError);
    worker.kill();
    await worker.join();
    q.close();
  },
  "items(): a break takes no further item, and the list may be read only once": async () => {
    const q = new Queue<number>();
    const worker = await started({ target: putSome, args: [q, 10] });
    const seen: number[] = [];
    for await (const item of q.items({ from: new Set([worker]).values() })) {
      seen.push(item);
      if (item === 3) break;
    }
    await worker.join();
    assert.deepEqual([seen, await q.qsize()], [upTo(4), 6]);
    for await (const item of q.items({ from: [worker] })) seen.push(item);
    assert.deepEqual(seen, upTo(10));
    q.close();
  },
  "wait() with `from` gives what is ready, and then the same errors": slow(async () => {
    const [q, other, event] = [new Queue<number>(), new SimpleQueue<number>(), new Event()];
    const worker = await started({ target: putSome, args: [q, 1] });
    assert.deepEqual(await wait([other, q, event], { from: [worker] }), [q]);
    assert.equal(await q.get(), 0);
    await rejects(wait([other, q, event], { from: [worker] }), ShutDown);
    await other.put(1);
    assert.deepEqual(await wait([other, q, event], { from: [worker] }), [other]);
    assert.equal(await other.get({ from: [worker] }), 1);
    await rejects(other.get({ from: [worker] }), ShutDown);
    const killed = await started({ target: never });
    const waiting = wait([q, event], { from: [killed] });
    waiting.catch(() => {});
    assert.deepEqual(await wait([q, event], { from: [killed], timeout: 50 }), []);
    killed.kill();
    await rejects(waiting, ProcessDiedError, /SIGKILL/);
    assert.deepEqual(await wait([q, killed], { from: [killed] }), [killed]);
    for (const each of [q, other, event]) each.close();
  }),
  "getSync() and waitSync() with `from`, on the native backend": slow(async () => {
    const q = new Queue<number>();
    if (!isNative) {
      assert.throws(() => q.getSync({ from: [] }), { name: "UnsupportedError" });
      return q.close();
    }
    const other = new Queue<number>();
    const [worker, killed, alive] = await Promise.all([
      started({ target: putSome, args: [q, 3, 30] }),
      started({ target: putAndDie as never, args: [other, 5, "kill"] as never }),
      started({ target: never }),
    ]);
    for (let i = 0; i < 3; i++) assert.equal(q.getSync({ from: [worker] }), i);
    assert.throws(() => q.getSync({ from: [worker] }), ShutDown);
    assert.throws(() => waitSync([q], { from: [worker] }), ShutDown);
    assert.deepEqual(waitSync([q, other], { from: [killed] }), [other]);
    for (let i = 0; i < 5; i++) assert.equal(other.getSync({ from: [killed], timeout: 20_000 }), i);
    assert.throws(() => other.getSync({ from: [killed] }), ProcessDiedError);
    assert.throws(() => q.getSync({ from: [alive], timeout: 150 }), Empty);
    alive.kill();
    assert.throws(() => q.getSync({ from: [killed, alive] }), ProcessDiedError);
    for (const each of [worker, killed, alive]) await each.join();
    other.close();
    q.close();
  }),
  "the queue may live in a third process": slow(async () => {
    const out = new Queue<Queue<number>>();
    const host = await started({ target: hostQueue, args: [out] });
    const theirs = await out.get({ from: [host] });
    const worker = await started({ target: putSome, args: [theirs, 20] });
    assert.deepEqual(await drain(theirs, { from: [worker] }), { items: upTo(20), error: undefined });
    host.kill();
    await host.join();
    for (const each of [out, theirs]) each.close();
  }),
  "items may bring objects of a process that has ended": async () => {
    const [events, event] = [new Queue<Event>(), new Event()];
    const sender = await started({ target: putEvent, args: [events, event] });
    await sender.join();
    await event.set();
    const received = await events.get({ from: [sender] });
    assert.equal(await received.isSet(), true);
    await rejects(events.get({ from: [sender] }), ShutDown);
    for (const each of [events, event, received]) each.close();
  },
  "what is no list of processes is a TypeError that says so": async () => {
    const q = new Queue<number>();
    await q.put(1);
    const worker = new Process({ target: never });
    for (const from of [worker, 5, "x", null, [1], [worker, {}], [undefined]])
      await rejects(q.get({ from: from as never }), TypeError, /from must be a list of processes/);
    await rejects(q.get({ form: [worker] } as never), TypeError, /did you mean from/);
    await rejects(wait([q], { from: 1 as never }), TypeError, /from must be a list of processes/);
    await rejects(q.items({ from: worker as never }).next(), TypeError, /list of processes/);
    assert.equal(await q.get(), 1);
    q.close();
  },
};
