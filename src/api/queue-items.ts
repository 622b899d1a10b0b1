// The puts and gets that Queue and SimpleQueue share.
import type { Incoming } from "../backend/contract/message.ts";
import type { QueuePort } from "../backend/contract/queue.ts";
import { ShutDown } from "../errors/errors.ts";
import { queueEmpty, queueFull } from "../errors/messages.ts";
import { accept, deliver, deliverSync } from "../objects/delivery.ts";
import { packLent } from "../objects/message.ts";
import { noSync } from "../objects/shared-object.ts";
import { checkWait, type Wait } from "../util/wait-options.ts";
import { checkFrom, FROM_OPTIONS, type GetOptions, listOf, type Producers } from "./producers.ts";
import { takeFrom, takeFromSync } from "./take-from.ts";

/** Puts an item. Returns `undefined` if the item is in the queue already. That is the usual case, and it then needs no promise. */
export function putInto(port: QueuePort, item: unknown, wait: Wait): Promise<boolean> | undefined {
  const packed = packLent(item, "item");
  if (packed.refs.length === 0 && port.putNow?.(packed) === true) return undefined;
  return deliver(packed, (message) => port.put(message, wait));
}

/** Returns the item that a `get` took. Throws `Empty` if no item came in time. */
export function acceptItem(incoming: Incoming | undefined): unknown {
  if (incoming === undefined) throw queueEmpty();
  return accept(incoming);
}

export function putIntoSync(port: QueuePort, item: unknown, wait: Wait): void {
  const { blocking = noSync("putSync", "put") } = port;
  if (!deliverSync(packLent(item, "item"), (message) => blocking.putSync(message, wait))) throw queueFull();
}

/** Takes an item, within the limits of a `get`. `undefined` if none came in time. */
export function takeItem(port: QueuePort, wait: Wait, producers: Producers | undefined): Promise<Incoming | undefined> {
  return producers === undefined ? port.get(wait) : takeFrom(port, wait, producers, (limits) => port.get(limits));
}

/** Takes an item with the options of a `getSync`. Throws `Empty` if none came in time. */
export function takeItemSync(port: QueuePort, options: GetOptions | undefined): unknown {
  const { blocking = noSync("getSync", "get") } = port;
  const wait = checkWait(options, FROM_OPTIONS);
  const producers = checkFrom(options?.from);
  const take = (limits: Wait): Incoming | undefined => blocking.getSync(limits);
  return acceptItem(producers === undefined ? take(wait) : takeFromSync(port, wait, producers, take));
}

/** Iterates over the items that `get` gives, until it rejects with `ShutDown`. */
export async function* eachItem<T>(
  get: (options: GetOptions | undefined) => Promise<T>,
  options: GetOptions | undefined,
): AsyncGenerator<T, void, undefined> {
  // The list may be one that can be read only once.
  const each = options?.from === undefined ? options : { ...options, from: listOf(options.from) };
  for (;;) {
    let item: T;
    try {
      item = await get(each);
    } catch (error) {
      if (error instanceof ShutDown) return;
      throw error;
    }
    yield item;
  }
}
