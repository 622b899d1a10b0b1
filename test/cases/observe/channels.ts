import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { currentTask, type LostEvent, Pool, type ProcessEvent, Queue, type TaskEvent } from "../../../mod.ts";
import { type Cases, Skip } from "../../suite/case.ts";
import { isNative, started } from "../../suite/help.ts";
import { until } from "../helpers/signals.ts";
import { bomb } from "../pool/bombs.ts";
import { add, exit, notThree, pidOf } from "../pool/helpers.ts";

interface Heard {
  readonly process: ProcessEvent[];
  readonly task: TaskEvent[];
  readonly lost: LostEvent[];
}

/** Hears all channels while the function runs. */
async function heard(use: (all: Heard) => Promise<void>): Promise<Heard> {
  const all: Heard = { process: [], task: [], lost: [] };
  const listeners = (Object.keys(all) as (keyof Heard)[]).map((name) => {
    const listener = (message: unknown): void => void all[name].push(message as never);
    subscribe(`polyproc:${name}`, listener);
    return () => unsubscribe(`polyproc:${name}`, listener);
  });
  try {
    await use(all);
  } finally {
    for (const stop of listeners) stop();
  }
  return all;
}

const hearsHere: TaskEvent[] = [];

export function listenInWorker(): void {
  subscribe("polyproc:task", (message) => void hearsHere.push(message as TaskEvent));
  collectGarbage();
}

/** Bun collects a channel that only its subscribers know, unless the library keeps it. */
function collectGarbage(): void {
  const { Bun } = globalThis as { readonly Bun?: { gc(force: boolean): void } };
  Bun?.gc(true);
}

/** Gives the events that this worker has heard of the tasks before this one. */
export function heardHere(): readonly Partial<TaskEvent>[] {
  return hearsHere.splice(0).map(({ error, ...event }) => ({ ...event, ...(error === undefined ? {} : { error: String(error) }) }));
}

export function exitFirstTime(): number {
  if (currentTask()?.attempt === 1) process.exit(1);
  return 5;
}

/** Gets an item whose class ends this process before the item is whole. */
export async function getTheLast(q: Queue): Promise<void> {
  await q.get();
}

async function withOne(use: (pool: Pool) => Promise<void>, initializer?: () => void): Promise<void> {
  const pool = new Pool({ processes: 1, name: "one", ...(initializer && { initializer }) });
  await use(pool);
  pool.close();
  await pool.join();
}

export const cases: Cases = {
  "polyproc:process tells of a child's start and end": async () => {
    const { process: events, task } = await heard(async () => {
      const child = await started({ target: add, args: [1, 2], name: "adder" });
      assert.equal(await child.join(), 0);
    });
    const [start, end] = events;
    assert.deepEqual(start, { event: "start", name: "adder", pid: start?.pid, target: "add" });
    const { duration = -1, ...rest } = end ?? ({} as ProcessEvent);
    assert.deepEqual(rest, { ...start, event: "exit", exitCode: 0, signal: null });
    assert.ok(duration > 0);
    assert.deepEqual([events.length, task.length], [2, 0]);
  },
  "polyproc:task tells in the pool's program what becomes of each task, and polyproc:lost of lost ones": async () => {
    const events = await heard(() =>
      withOne(async (pool) => {
        await pool.map(pidOf, [1, 2]);
        await assert.rejects(pool.apply(notThree, [3]), RangeError);
        assert.equal(await pool.apply({ module: import.meta.url, name: "exitFirstTime" }, [], { retries: 1 }), 5);
        await assert.rejects(pool.apply(exit, [7]));
      }),
    );
    const short = events.task.map(({ event, id, attempt, target, side }) => `${side} ${event} ${id} ${target} ${attempt}`);
    const expected = ["start 1 pidOf 1", "end 1 pidOf 1", "start 2 pidOf 1", "end 2 pidOf 1", "start 3 notThree 1", "error 3 notThree 1"];
    const crashes = [
      "start 4 exitFirstTime 1",
      "retry 4 exitFirstTime 1",
      "start 4 exitFirstTime 2",
      "end 4 exitFirstTime 2",
      "start 5 exit 1",
      "error 5 exit 1",
    ];
    assert.deepEqual(short.toSorted(), [...expected, ...crashes].map((text) => `pool ${text}`).toSorted());
    const of = (id: number, event: string): TaskEvent | undefined => events.task.find((each) => each.id === id && each.event === event);
    assert.deepEqual([of(2, "end")?.index, of(2, "end")?.worker, of(3, "start")?.index], [1, "one-worker-1", undefined]);
    assert.ok((of(2, "end")?.duration ?? -1) >= 0 && (of(3, "error")?.error as Error) instanceof RangeError);
    assert.equal(events.lost.length, 1);
    assert.deepEqual([events.lost[0]?.what, events.lost[0]?.count], ["task", 1]);
    assert.match(events.lost[0]?.description ?? "", /^task 5 \(exit\): .*exit code 7/);
  },
  "polyproc:lost tells of items that were on their way to a process when it died": async () => {
    if (isNative) throw new Skip("there, an item is on its way for some nanoseconds, in which no test can end a process");
    const { lost } = await heard(async (all) => {
      const q = new Queue();
      const child = await started({ target: getTheLast, args: [q] });
      await q.put(bomb("kill", "arguments in the worker"));
      await child.join();
      await until(() => all.lost.length > 0);
      q.close();
    });
    assert.deepEqual(lost, [{ what: "items", description: "1 item of a queue, which a process had taken when it died", count: 1 }]);
  },
  "polyproc:task tells in the worker when each task begins and ends": async () => {
    await withOne(async (pool) => {
      await pool.apply(add, [1, 2]);
      await pool.apply(notThree, [3]).catch(() => {});
      const events = await pool.apply(heardHere);
      assert.deepEqual(
        events.map(({ event, side, id, target, worker, error = "" }) => [side, event, id, target, worker, error].join(" ").trim()),
        [
          "worker start 1 add one-worker-1",
          "worker end 1 add one-worker-1",
          "worker start 2 notThree one-worker-1",
          "worker error 2 notThree one-worker-1 RangeError: three",
          "worker start 3 heardHere one-worker-1",
        ],
      );
    }, listenInWorker);
  },
};
