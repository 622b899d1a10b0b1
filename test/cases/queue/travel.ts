import assert from "node:assert/strict";
import { ClosedError, Empty, EOFError, Pipe, Process, Queue } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { isNative, rejects, run, started } from "../../suite/help.ts";

export async function putNewQueue(q: Queue<Queue>, released: Queue): Promise<void> {
  const inner = new Queue<string>();
  await inner.put("inside");
  await q.put(inner);
  await released.get();
}

export async function grandchildGets(q: Queue<number>): Promise<void> {
  const child = new Process({ target: takeNow, args: [q] });
  await child.start();
  assert.equal(await child.join(), 0);
}

export async function takeNow(q: Queue<number>): Promise<number> {
  return q.getNowait();
}

export async function makeQueueInChild(): Promise<void> {
  const q = new Queue<number>();
  await q.put(1);
  await grandchildGets(q);
}

export const cases: Cases = {
  "a put that fails because of one shared object keeps none of the others open": async () => {
    const q = new Queue();
    const closed = new Queue();
    closed.close();
    const [a, b] = Pipe();
    await rejects(q.put([b, closed]), ClosedError);
    b.close();
    await rejects(a.recv({ timeout: 5000 }), EOFError);
    a.close();
    q.close();
  },
  "a child makes a queue for its own child (test_queue_in_process)": async () => {
    await run({ target: makeQueueInChild });
  },
  "a child passes a received queue on to its child (test_nested_startmethod)": async () => {
    const q = new Queue<number>();
    await q.put(1);
    await run({ target: grandchildGets, args: [q] });
    assert.equal(await q.empty(), true);
  },
  "a queue travels inside a value, through a queue, from a child": async () => {
    const q = new Queue<Queue<string>>();
    const released = new Queue<number>();
    const child = await started({ target: putNewQueue, args: [q, released] });
    const inner = await q.get();
    assert.equal(await inner.get({ timeout: 5000 }), "inside");
    await released.put(1);
    await child.join();
    // A native queue lives as long as any process has it open. A portable one ends with the process that made it.
    if (isNative) await rejects(inner.get({ timeout: 50 }), Empty);
    else await rejects(inner.get({ timeout: 5000 }), Error, /gone/);
  },
  "a closed queue can't travel": async () => {
    const q = new Queue();
    const closed = new Queue();
    closed.close();
    await rejects(q.put({ closed }), ClosedError);
    assert.equal(await q.empty(), true);
  },
};
