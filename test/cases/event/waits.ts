import assert from "node:assert/strict";
import { ClosedError, Event } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects, started } from "../../suite/help.ts";
import { flash } from "./helpers.ts";

export async function flashAll(events: Event[]): Promise<void> {
  for (const event of events) await flash(event);
}

export const cases: Cases = {
  "an abort and a close end a wait": async () => {
    const event = new Event();
    const abort = new AbortController();
    const aborted = event.wait({ signal: abort.signal });
    abort.abort(new Error("enough"));
    await assert.rejects(aborted, /enough/);
    const waiting = event.wait();
    event.close();
    event[Symbol.dispose]();
    await rejects(waiting, ClosedError);
    for (const call of [() => event.set(), () => event.clear(), () => event.isSet(), () => event.wait()])
      await rejects(call(), ClosedError, /closed/);
  },
  "a process waits for more events than the kernel reports at once": async () => {
    const events = Array.from({ length: 150 }, () => new Event());
    const waits = events.map((event) => event.wait({ timeout: 25_000 }));
    const child = await started({ target: flashAll, args: [events] });
    assert.deepEqual(await Promise.all(waits), Array(150).fill(true));
    assert.equal(await child.join(), 0);
    for (const event of events) event.close();
  },
};
