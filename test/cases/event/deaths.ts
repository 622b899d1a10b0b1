import assert from "node:assert/strict";
import { Event, Queue } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { started } from "../../suite/help.ts";
import { goOn, stopped, timed } from "../../suite/sync.ts";
import { takeItems } from "../helpers/signals.ts";
import { waitForEvent } from "./helpers.ts";

export const cases: Cases = {
  "set does not wait for a killed or a stopped waiter": async () => {
    const [event, ready] = [new Event(), new Queue()];
    const [dead, still] = await Promise.all([0, 1].map(() => started({ target: waitForEvent, args: [event, ready] })));
    assert.ok(dead !== undefined && still !== undefined);
    await takeItems(ready, 2);
    const waiting = event.wait();
    await stopped(still);
    dead.kill();
    await timed(0, 500, () => event.set());
    assert.equal(await timed(0, 1000, () => waiting), true);
    goOn(still);
    assert.equal(await still.result({ timeout: 10_000 }), true);
    await dead.join();
    await still.join();
    event.close();
  },
};
