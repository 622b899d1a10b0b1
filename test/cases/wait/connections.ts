import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { ClosedError, type Connection, EOFError, Pipe, type Process, Queue, wait } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";
import { eventLoopTurns } from "../helpers/signals.ts";

export async function writeEach(writer: Connection<[number, number]>, id: number, count: number, pause: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    if (pause > 0) await delay(Math.random() * pause);
    await writer.send([i, id]);
  }
}

async function collectAll(pause: number): Promise<void> {
  const readers: Connection<[number, number]>[] = [];
  const writers: Process<never, unknown>[] = [];
  for (let id = 0; id < 4; id++) {
    const [reader, writer] = Pipe<[number, number]>(false);
    readers.push(reader);
    writers.push((await started({ target: writeEach, args: [writer, id, 10, pause], transfer: [writer] })) as never);
  }
  const messages: string[] = [];
  while (readers.length > 0) {
    for (const reader of await wait(readers)) {
      try {
        messages.push(String(await reader.recv()));
      } catch (error) {
        assert.ok(error instanceof EOFError);
        readers.splice(readers.indexOf(reader), 1);
      }
    }
  }
  const expected = [0, 1, 2, 3].flatMap((id) => Array.from({ length: 10 }, (_, i) => `${i},${id}`));
  assert.deepEqual(messages.sort(), expected.sort());
  for (const writer of writers) assert.equal(await writer.join(), 0);
}

export const cases: Cases = {
  "wait collects from four writers (test_wait)": slow(() => collectAll(0)),
  "wait collects from four slow writers (test_wait_slow)": slow(() => collectAll(100)),
  "wait: nothing in time, then only the one that has something (test_wait_timeout)": async () => {
    const [a, b] = Pipe();
    const start = performance.now();
    assert.deepEqual(await wait([a, b], { timeout: 300 }), []);
    assert.ok(performance.now() - start >= 295);
    await b.send(null);
    assert.deepEqual(await wait([a, b], { timeout: 5000 }), [a]);
  },
  "wait: connections, queues, processes and sentinels together (test_wait_integer)": async () => {
    const [a, b] = Pipe();
    const q = new Queue();
    const child = await started({ target: stay });
    assert.deepEqual(await wait([a, child.sentinel, b, q], { timeout: 50 }), []);
    child.kill();
    assert.deepEqual(await wait([a, child.sentinel, b, q], { timeout: 5000 }), [child.sentinel]);
    await a.send(1);
    await q.put(1);
    assert.deepEqual(await wait([a, child.sentinel, b, q, child]), [child.sentinel, b, q, child]);
    await child.join();
  },
  "wait: a negative timeout looks once (test_neg_timeout)": async () => {
    const [a] = Pipe();
    const start = performance.now();
    assert.deepEqual(await wait([a], { timeout: -1 }), []);
    assert.ok(performance.now() - start < 1000);
  },
  "wait: what can't be waited for, closed ones, aborts, nothing at all": async () => {
    const [a, other] = Pipe();
    await rejects(wait([{}]), TypeError, /number 0/);
    await rejects(wait(5 as never), TypeError);
    await rejects(wait([a], { timeout: Number.NaN }), TypeError);
    assert.deepEqual(await wait([], { timeout: 20 }), []);
    const reason = new Error("enough");
    await assert.rejects(wait([a], { signal: AbortSignal.abort(reason) }), reason);
    const abort = new AbortController();
    const waiting = wait([a], { signal: abort.signal });
    await eventLoopTurns();
    abort.abort(reason);
    await assert.rejects(waiting, reason);
    a.close();
    await rejects(wait([a]), ClosedError);
    other.close();
  },
};
