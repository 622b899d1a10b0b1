import assert from "node:assert/strict";
import { ClosedError, OwnerDiedError, Queue, type SharedDict, type SharedList, TimeoutError } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects, started } from "../../suite/help.ts";
import { goOn, stopped, timed } from "../../suite/sync.ts";
import { eventLoopTurns, until } from "../helpers/signals.ts";
import { makeAndStay, Tally, withManager } from "./helpers.ts";

/** Says what becomes of its calls when the server ends. */
export async function seeEnd(dict: SharedDict, ready: Queue): Promise<[string, string]> {
  const name = (error: Error): string => error.constructor.name;
  const tally = (await dict.get("tally")) as { meet(parties: number): Promise<number> };
  const pending = tally.meet(2).then(String, name);
  await ready.put("waits");
  return [await pending, await dict.size().then(String, name)];
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export const cases: Cases = {
  "close() rejects calls with ClosedError here, and with OwnerDiedError elsewhere, within a second": async () => {
    const ready = new Queue();
    let other: Awaited<ReturnType<typeof started<[SharedDict, Queue], [string, string]>>> | undefined;
    await withManager(async (manager) => {
      const dict = await manager.dict();
      const tally = await manager.create(Tally);
      await dict.set("tally", tally);
      other = await started({ target: seeEnd, args: [dict, ready] });
      await ready.get({ timeout: 10_000 });
      // This is in the server before it is closed.
      await tally.add(1);
      const pending = dict.size();
      manager.close();
      await timed(0, 1000, () => pending.catch((error) => assert.ok(error instanceof ClosedError, String(error))));
      await rejects(dict.size(), ClosedError, /manager.*was closed/);
      await rejects(manager.list(), ClosedError, /was closed/);
    });
    assert.deepEqual(await other?.result({ timeout: 10_000 }), ["OwnerDiedError", "OwnerDiedError"]);
    await other?.join();
  },
  "the server is killed, or exits: every call rejects at once": () =>
    withManager(async (manager) => {
      const [tally, dict] = [await manager.create(Tally), await manager.dict()];
      const pending = tally.meet(2);
      pending.catch(() => {});
      await rejects(tally.exit(3), OwnerDiedError, /server of this manager \(pid \d+\) is gone/);
      await rejects(pending, OwnerDiedError);
      await rejects(dict.get("a"), OwnerDiedError);
      await rejects(manager.dict(), OwnerDiedError, /make a new manager/);
      await until(() => !isAlive(manager.pid as number));
    }),
  "the process that made the manager is killed: the server ends with it": async () => {
    const q = new Queue<{ list: SharedList<number>; pid: number }>();
    const maker = await started({ target: makeAndStay, args: [q] });
    const { list, pid } = await q.get({ timeout: 20_000 });
    assert.equal(await list.length(), 2);
    maker.kill();
    await maker.join();
    await timed(0, 3000, () => until(() => !isAlive(pid)));
    await rejects(list.length(), OwnerDiedError);
  },
  "a server that computes, or is stopped: timeouts and signals hold, and the call may still happen": () =>
    withManager(async (manager) => {
      const [tally, dict] = [await manager.create(Tally), await manager.dict()];
      const computing = tally.compute(400);
      const late = (await timed(0, 350, () => rejects(dict.set("a", 1, { timeout: 30 }), TimeoutError, /set\(\)/))) as TimeoutError & {
        mayHaveHappened: boolean;
      };
      assert.equal(late.mayHaveHappened, true);
      const abort = new AbortController();
      const aborted = dict.get("a", 0, { signal: abort.signal });
      abort.abort(new Error("enough"));
      await rejects(aborted, Error, /enough/);
      await computing;
      assert.equal(await dict.get("a"), 1);
      await stopped(manager);
      await timed(25, 1000, () => rejects(dict.size({ timeout: 30 }), TimeoutError));
      goOn(manager);
      assert.equal(await dict.size(), 1);
      await eventLoopTurns();
    }),
  "a stopped client, with a call on its way, keeps no other waiting": () =>
    withManager(async (manager) => {
      const [dict, q] = [await manager.dict(), new Queue()];
      const client = await started({ target: sendForever, args: [dict, q] });
      await q.get({ timeout: 20_000 });
      await stopped(client);
      await timed(0, 1000, () => dict.set("mine", q));
      assert.ok(await dict.has("mine"));
      client.kill();
      await client.join();
      await dict.clear();
    }),
};

/** Sends a shared object again and again. */
export async function sendForever(dict: SharedDict, q: Queue): Promise<void> {
  for (let i = 0; ; i++) {
    await dict.set("theirs", q);
    if (i === 5) await q.put("begun");
  }
}
