import type { Incoming } from "../backend/contract/message.ts";
import type { IncomingList, QueuePort } from "../backend/contract/queue.ts";
import { decodePart } from "../codec/decode.ts";
import { queueEmpty } from "../errors/messages.ts";
import { accept } from "../objects/delivery.ts";
import { describe } from "../util/describe.ts";
import { ONCE, type Wait } from "../util/wait-options.ts";
import type { Producers } from "./producers.ts";
import { takeFrom } from "./take-from.ts";

/** Items that were taken together, and the error of the one after them, if that can't be received. */
export interface TakenMany {
  readonly values: readonly unknown[];
  readonly failure: { readonly error: unknown } | undefined;
}

/** Checks the number of items that a `getMany` takes at most. */
export function checkMost(most: unknown, call = "getMany"): number {
  if (typeof most !== "number") throw new TypeError(`${call} takes a number of items, received ${describe(most)}.`);
  if (Number.isSafeInteger(most) && most >= 1) return most;
  throw new RangeError(`${call} takes a whole number of items, 1 or more; received ${most}.`);
}

/** What one look at a queue takes. */
export type Taken = Incoming | IncomingList;

/** Waits for an item, and takes it with those that are there: `most` at most. Throws `Empty` if none came in time. */
export async function takeMany(open: () => QueuePort, most: number, wait: Wait, producers: Producers | undefined): Promise<TakenMany> {
  const port = open();
  const values: unknown[] = [];
  const { lists } = port;
  const take = (limits: Wait): Promise<Taken | undefined> =>
    lists?.takeList(most, limits) ?? port.many?.getMany(most - values.length, limits) ?? port.get(limits);
  const first = lists === undefined ? port.getNow?.() : lists.takeListNow(most);
  let taken: Taken | undefined = first ?? (await (producers === undefined ? take(wait) : takeFrom(port, wait, producers, take)));
  if (taken === undefined) throw queueEmpty();
  try {
    while (taken !== undefined) {
      if ("list" in taken) receiveList(taken, values);
      else {
        const value = accept(taken);
        values.push(taken.message.refs.length === 0 ? value : await value);
      }
      if (values.length === most || ("list" in taken && !taken.isCut)) break;
      // What was taken is the result, whatever happens now. The next call finds the same error.
      taken = port.getNow === undefined ? await take(ONCE).catch(() => undefined) : nextNow(open, most - values.length);
    }
  } catch (error) {
    if (values.length === 0) throw error;
    return { values, failure: { error } };
  }
  return { values, failure: undefined };
}

/** Receives what was taken, and takes what else is there: `most` items at most. */
export function receiveNow(open: () => QueuePort, most: number, first: Taken): TakenMany {
  const values: unknown[] = [];
  try {
    for (let taken: Taken | undefined = first; taken !== undefined && values.length < most; taken = nextNow(open, most - values.length)) {
      if ("list" in taken) receiveList(taken, values);
      else values.push(accept(taken));
    }
  } catch (error) {
    if (values.length === 0) throw error;
    return { values, failure: { error } };
  }
  return { values, failure: undefined };
}

function nextNow(open: () => QueuePort, most: number): Taken | undefined {
  try {
    const { lists } = open();
    return lists === undefined ? open().getNow?.() : lists.takeListNow(most);
  } catch {
    return undefined;
  }
}

// Receives the items up to one that can't be received, which counts as taken. Those after it go back.
function receiveList({ list, bounds, settle }: IncomingList, values: unknown[]): void {
  let received = 0;
  try {
    for (let i = 0; i < bounds.length; i += 2) {
      received++;
      values.push(decodePart(list, bounds[i] as number, bounds[i + 1] as number));
    }
  } finally {
    settle(received);
  }
}
