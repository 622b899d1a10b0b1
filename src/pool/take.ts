import type { Incoming } from "../backend/contract/message.ts";
import { FOREVER } from "../util/wait-options.ts";
import type { ResultsPort } from "./worker-source.ts";

/** Takes the next item of a queue from which this process takes nothing elsewhere. So its bytes may be lent until the next call. */
export function takeLent(queue: ResultsPort): Promise<Incoming | undefined> {
  return queue.getLent?.(FOREVER) ?? queue.get(FOREVER);
}
