// Lines of the log that speak of an object which has a name.
import assert from "node:assert/strict";
import { Condition, getLogger, Lock, Queue, Semaphore } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { isNative, started } from "../../suite/help.ts";
import { until } from "../helpers/signals.ts";
import { bomb } from "../pool/bombs.ts";

/** Dies with locks, an item that others get again, and one that it has not got yet. */
export async function dieWith(acquired: readonly (Lock | Condition | Semaphore)[], kept: Queue, deadly: Queue): Promise<void> {
  for (const each of acquired) await each.acquire();
  await kept.get();
  await deadly.get();
}

export const cases: Cases = {
  "the library tells which lock it takes over, and of which queue items are lost or redelivered": async () => {
    const lines: string[] = [];
    const log = getLogger();
    const { level } = log;
    const remove = log.addHandler(({ message }) => lines.push(message));
    log.setLevel("info");
    const locks = [new Lock({ name: "disk" }), new Condition(undefined, { name: 'a "b"\n' }), new Lock()];
    const permits = new Semaphore({ robust: true, name: "few" });
    const [kept, deadly] = [new Queue({ name: "jobs", redeliver: true }), new Queue({ name: "x".repeat(100) })];
    try {
      await kept.put(1);
      await deadly.put(bomb("kill", "arguments in the worker"));
      const child = await started({ target: dieWith, args: [[...locks, permits], kept, deadly], name: "dies" });
      await child.join();
      for (const each of [...locks, permits]) await each.acquire();
      await until(() => lines.some((line) => line.startsWith(isNative ? "redelivers" : "lost")));
    } finally {
      remove();
      log.setLevel(level);
      for (const each of [...locks, permits, kept, deadly]) each.close();
    }
    const expected = [
      'took over the lock "disk", whose holder had died',
      'took over the lock "a \\"b\\"?", whose holder had died',
      "took over a lock whose holder had died",
      'redelivers 1 item of the queue "jobs", because the process that had taken them has died',
      // On the native backend, an item that is decoded has arrived.
      ...(isNative ? [] : [`lost: 1 item of the queue "${"x".repeat(63)}…", which a process had taken when it died`]),
    ];
    for (const text of expected) assert.equal(lines.filter((line) => line === text).length, 1, `${text} in\n${lines.join("\n")}`);
  },
};
