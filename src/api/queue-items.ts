// The puts and gets that Queue and SimpleQueue share.
import type { Incoming } from "../backend/contract/message.ts";
import type { QueuePort } from "../backend/contract/queue.ts";
import { queueEmpty, queueFull } from "../errors/messages.ts";
import { accept, deliver, deliverSync } from "../objects/delivery.ts";
import { packLent } from "../objects/message.ts";
import { noSync } from "../objects/shared-object.ts";
import { type BlockOptions, checkWait, type Wait } from "../util/wait-options.ts";

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

export function takeFromSync(port: QueuePort, options: BlockOptions | undefined): unknown {
  const { blocking = noSync("getSync", "get") } = port;
  return acceptItem(blocking.getSync(checkWait(options)));
}
