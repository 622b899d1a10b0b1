// The blocking twins of putMany and getMany.
import type { Incoming } from "../backend/contract/message.ts";
import type { QueuePort } from "../backend/contract/queue.ts";
import { ProcessError } from "../errors/errors.ts";
import { queueEmpty, queueFull, sourceLate } from "../errors/messages.ts";
import { deliverSync } from "../objects/delivery.ts";
import { packLent } from "../objects/message.ts";
import { noSync } from "../objects/shared-object.ts";
import { countdown } from "../util/blocking.ts";
import { describe } from "../util/describe.ts";
import { type BlockOptions, checkWait, type Wait } from "../util/wait-options.ts";
import { checkMost, receiveNow, type Taken, type TakenMany } from "./get-many.ts";
import { checkFrom, FROM_OPTIONS, type GetOptions } from "./producers.ts";
import { takeFromSync } from "./take-from.ts";

/** Puts the items of a synchronous iterable, in their order, and returns their number. An error of a put has the number of those that are in. */
export function putAllSync(open: () => QueuePort, items: unknown, options: BlockOptions | undefined): number {
  const port = open();
  const { timeout, signal } = checkWait(options);
  if (port.blocking === undefined) noSync("putManySync", "putMany");
  const source = checkSource(items);
  const left = countdown(timeout);
  let added = 0;
  let isPutting = false;
  try {
    for (const item of source) {
      isPutting = true;
      signal?.throwIfAborted();
      const ms = Math.max(0, left());
      if (timeout > 0 && ms === 0) throw sourceLate();
      const { blocking = noSync("putManySync", "putMany") } = open();
      const wait = { timeout: ms, signal };
      if (!deliverSync(packLent(item, `items[${added}]`), (message) => blocking.putSync(message, wait))) throw queueFull();
      added++;
      isPutting = false;
    }
  } catch (error) {
    if (isPutting && error instanceof ProcessError) Object.assign(error, { added });
    throw error;
  }
  return added;
}

function checkSource(items: unknown): Iterable<unknown> {
  const { [Symbol.iterator]: sync, [Symbol.asyncIterator]: async } = Object(items) as Partial<Iterable<unknown> & AsyncIterable<unknown>>;
  if (typeof sync === "function") return items as Iterable<unknown>;
  if (typeof async === "function")
    throw new TypeError("putManySync takes a synchronous iterable, and this one is asynchronous: await putMany() instead.");
  throw new TypeError(`putManySync takes an iterable of items, received ${describe(items)}.`);
}

/** Waits for an item, and takes it with those that are there: `most` at most. Throws `Empty` if none came in time. */
export function takeManySync(open: () => QueuePort, most: unknown, options: GetOptions | undefined): TakenMany {
  const port = open();
  const limit = checkMost(most, "getManySync");
  const { blocking = noSync("getManySync", "getMany") } = port;
  const wait = checkWait(options, FROM_OPTIONS);
  const producers = checkFrom(options?.from);
  const take = (limits: Wait): Incoming | undefined => blocking.getSync(limits);
  const now: Taken | undefined = port.lists?.takeListNow(limit);
  const first = now ?? (producers === undefined ? take(wait) : takeFromSync(port, wait, producers, take));
  if (first === undefined) throw queueEmpty();
  return receiveNow(open, limit, first);
}
