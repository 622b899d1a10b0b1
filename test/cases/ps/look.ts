// What `polyproc ps` sees of this process and its children.
import assert from "node:assert/strict";
import { Event, Lock, Manager, Pool, Queue, RLock, Semaphore } from "../../../mod.ts";
import type { Snapshot } from "../../../src/inspect/facts.ts";
import { look } from "../../../src/inspect/snapshot.ts";
import { type Cases, Skip } from "../../suite/case.ts";
import { isNative, started } from "../../suite/help.ts";

const LOOKS = 1000;

/** Looks until something is so. */
export async function seen(isSo: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
  for (let looks = 0; ; looks++) {
    const snapshot = await look(process.pid);
    if (isSo(snapshot)) return snapshot;
    if (looks === LOOKS) assert.fail(`it is not seen: ${JSON.stringify(snapshot)}`);
  }
}

export async function holdAndWant(own: Lock, other: Lock, holds: Queue<number>, go: Event, blocks: boolean): Promise<void> {
  await own.acquire();
  await holds.put(process.pid);
  await go.wait();
  if (blocks) other.acquireSync();
  else await other.acquire();
}

interface Circle {
  readonly snapshot: Snapshot;
  readonly pids: readonly (number | null)[];
}

/** Lets three processes wait for each other in a circle, and calls with what is seen of it. */
export async function inCircle<T>(blocks: boolean, use: (circle: Circle) => T): Promise<Awaited<T>> {
  const locks = [new Lock(), new RLock(), new Lock()];
  const [holds, go] = [new Queue<number>(), new Event()];
  const children = await Promise.all(
    locks.map((lock, i) =>
      started({ target: holdAndWant, args: [lock, locks[(i + 1) % 3] as Lock, holds, go, blocks], name: `holder-${i}` }),
    ),
  );
  try {
    for (const _ of children) await holds.get();
    assert.deepEqual((await look(process.pid)).deadlocks, []);
    await go.set();
    return await use({ snapshot: await seen(({ deadlocks }) => deadlocks.length > 0), pids: children.map(({ pid }) => pid) });
  } finally {
    for (const child of children) child.kill();
    await Promise.all(children.map((child) => child.join()));
    for (const each of [...locks, holds, go]) each.close();
  }
}

function checkCircle(snapshot: Snapshot, pids: readonly (number | null)[], call: string): void {
  const [circle] = snapshot.deadlocks;
  assert.deepEqual(circle?.steps.map(({ pid }) => pid).sort(), [...pids].sort());
  for (const { pid, call: calls, object, for: holder } of circle?.steps ?? []) {
    assert.equal(calls, call);
    const lock = snapshot.locks.find(({ id, kind }) => id === object?.id && kind === object?.kind);
    assert.deepEqual(
      lock?.holders.map((each) => each.pid),
      [holder],
    );
    assert.deepEqual(
      lock?.waiters.map((each) => each.pid),
      [pid],
    );
  }
}

export function compute(ms: number): number {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
}

export async function putAndStay(q: Queue<string>): Promise<void> {
  await q.put("first");
  await q.put("second");
}

export async function endWhenTold(go: Event): Promise<void> {
  await go.wait();
}

const all: Cases = {
  async "three processes that wait for each other are a possible deadlock"(): Promise<void> {
    const { snapshot, pids } = await inCircle(false, (circle) => circle);
    checkCircle(snapshot, pids, "acquire");
    assert.equal(snapshot.deadlocks[0]?.isCertain, false);
  },

  async "it is certain if all of them block"(): Promise<void> {
    if (!isNative) throw new Skip("the portable backend has no blocking calls");
    const { snapshot, pids } = await inCircle(true, (circle) => circle);
    checkCircle(snapshot, pids, "acquire");
    assert.equal(snapshot.deadlocks[0]?.isCertain, true);
    assert.ok(snapshot.deadlocks[0]?.steps.every(({ isSync }) => isSync));
  },

  async "a worker that computes is shown with its task, and its pool with its counts"(): Promise<void> {
    const pool = new Pool({ processes: 1, name: "counted", grace: 500 });
    await pool.apply(compute, [0]);
    // It computes for as long as it takes to be seen.
    const calls = [pool.apply(compute, [600_000]), pool.apply(compute, [1])].map((call) => call.catch((error: Error) => error.name));
    const { processes, pools } = await seen(({ processes: all }) => all.some(({ task }) => task?.id === 2));
    const worker = processes.find(({ task }) => task !== null);
    assert.equal(worker?.name, "counted-worker-1");
    assert.equal(worker?.task?.target, "compute");
    assert.equal(worker?.parent, process.pid);
    assert.ok((worker?.memory ?? 0) > 1 << 20);
    const { done, running: has, queued } = pools.find(({ name }) => name === "counted") ?? { done: 0, running: 0, queued: 0 };
    assert.deepEqual([done, has + queued], [1, 2]);
    pool.terminate();
    assert.deepEqual(await Promise.all(calls), ["ClosedError", "ClosedError"]);
    await pool.join();
  },

  async "the server of a manager is shown with its objects and calls"(): Promise<void> {
    const manager = new Manager({ name: "shown" });
    const dict = await manager.dict();
    await dict.set("a", 1);
    const { processes, managers } = await seen(({ managers: all }) => all.some(({ pid, calls }) => pid === manager.pid && calls >= 2));
    assert.ok((managers.find(({ pid }) => pid === manager.pid)?.objects ?? 0) >= 1);
    assert.equal(processes.find(({ pid }) => pid === manager.pid)?.name, "shown");
    await manager[Symbol.asyncDispose]();
  },

  async "a queue is shown with its counts, and who waits for room and for items"(): Promise<void> {
    const [full, empty] = [new Queue<string>({ maxsize: 1 }), new Queue()];
    const child = await started({ target: putAndStay, args: [full] });
    const waits = empty.get();
    const { queues } = await seen(({ queues: all }) => all.filter(({ waiters }) => waiters.length > 0).length === 2);
    const bounded = queues.find(({ numbers }) => numbers.maxsize === 1);
    assert.deepEqual([bounded?.numbers.size, bounded?.numbers.puts, bounded?.numbers.lost], [1, 1, 0]);
    assert.deepEqual(
      bounded?.waiters.map(({ pid, call }) => [pid, call]),
      [[child.pid, "put"]],
    );
    const other = queues.find(({ waiters }) => waiters.some(({ pid }) => pid === process.pid));
    assert.equal(other?.waiters[0]?.call, "get");
    await full.get();
    await full.get();
    await child.join();
    await empty.put(1);
    await waits;
    full.close();
    empty.close();
  },

  async "a wait that was given up is not shown, and a join is"(): Promise<void> {
    const [lock, permits, go] = [new Lock(), new Semaphore(0), new Event()];
    await lock.acquire();
    assert.equal(await lock.acquire({ timeout: 5 }), false);
    assert.equal(await permits.acquire({ timeout: 5 }), false);
    const child = await started({ target: endWhenTold, args: [go] });
    const { locks, deadlocks } = await seen(({ locks: all }) => all.some(({ kind, waiters }) => kind === "event" && waiters.length > 0));
    assert.deepEqual(deadlocks, []);
    assert.deepEqual(
      locks.filter(({ kind }) => kind !== "event").map(({ holders, waiters }) => [holders.length, waiters.length]),
      [
        [1, 0],
        [0, 0],
      ],
    );
    await go.set();
    await child.join();
    for (const each of [lock, permits, go]) each.close();
  },
};

// `polyproc ps` does not work with named pipes.
export const cases: Cases = process.platform === "win32" ? {} : all;
