// cancelJoinThread(): this process may end although its puts are not complete.
import assert from "node:assert/strict";
import { Empty, Queue } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects, run, started } from "../../suite/help.ts";

export async function putAfterCancel(q: Queue<number>): Promise<string> {
  q.cancelJoinThread();
  await q.put(1);
  return "done";
}

/** Waits for room that comes later. */
export async function waitForRoom(full: Queue<number>, ready: Queue<string>): Promise<string> {
  full.cancelJoinThread();
  const putting = full.put(2);
  await ready.put("ready");
  await putting;
  return "done";
}

/** Leaves a put behind that never finds room. */
export async function leavePut(full: Queue<number>): Promise<string> {
  const putting = full.put(3);
  putting.catch(() => {});
  await full.qsize();
  full.cancelJoinThread();
  return "done";
}

export const cases: Cases = {
  "a target that awaits a put afterwards ends": async () => {
    const q = new Queue<number>();
    assert.equal(await run({ target: putAfterCancel, args: [q] }), "done");
    assert.equal(await q.get({ timeout: 1000 }), 1);
  },
  "a target may wait for room afterwards": async () => {
    const [full, ready] = [new Queue<number>(1), new Queue<string>()];
    await full.put(1);
    const child = await started({ target: waitForRoom, args: [full, ready] });
    await ready.get();
    assert.equal(await full.get(), 1);
    assert.equal(await child.result({ timeout: 10_000 }), "done");
    assert.equal(await full.get({ timeout: 1000 }), 2);
    assert.equal(await child.join({ timeout: 10_000 }), 0);
  },
  "a put that never finds room does not keep the process": async () => {
    const full = new Queue<number>(1);
    await full.put(1);
    const child = await started({ target: leavePut, args: [full] });
    assert.equal(await child.result({ timeout: 10_000 }), "done");
    assert.equal(await child.join({ timeout: 10_000 }), 0);
    assert.equal(await full.get(), 1);
    await rejects(full.get({ timeout: 50 }), Empty);
  },
};
