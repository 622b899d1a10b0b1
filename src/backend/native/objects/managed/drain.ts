import { now, turn } from "../../../../util/clock.ts";
import { unheld } from "../../../../util/event-loop.ts";
import { FOREVER } from "../../../../util/wait-options.ts";
import type { Incoming } from "../../../contract/message.ts";
import type { NativeQueue } from "../queue.ts";

/** After so many milliseconds of messages without a pause, the event loop turns. */
const TURN_MS = 5;

/** Handles the messages of a queue as they come, for as long as more are expected. It does not keep the event loop alive. */
export async function drain(queue: NativeQueue, expectsMore: () => boolean, handle: (incoming: Incoming) => void): Promise<void> {
  for (let began = now(); expectsMore(); ) {
    let incoming = queue.getNow(true);
    if (incoming === undefined) {
      incoming = await unheld(() => queue.getLent(FOREVER));
      began = now();
    }
    if (incoming !== undefined) handle(incoming);
    if (now() - began < TURN_MS) continue;
    await turn();
    began = now();
  }
}
