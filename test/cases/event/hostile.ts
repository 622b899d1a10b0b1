import { Event } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import { scribble, survives, withFile } from "../../suite/memory-file.ts";
import { onlyNative } from "../../suite/sync.ts";

export const cases: Cases = {
  "bad options": async () => {
    const event = new Event();
    for (const timeout of [Number.NaN, "1", null]) await rejects(event.wait({ timeout: timeout as number }), TypeError, /timeout/);
    event.close();
  },
  "random words in the memory of an event: an error or a result, no crash, no endless loop": async () => {
    onlyNative();
    for (let seed = 1; seed <= 10; seed++) {
      const { object: event, file } = withFile(() => new Event());
      scribble(file, seed);
      await survives([
        () => event.wait({ timeout: 20 }),
        () => event.set(),
        () => event.isSet(),
        () => event.clear(),
        async () => event.waitSync({ timeout: 20 }),
      ]);
      event.close();
    }
  },
};
