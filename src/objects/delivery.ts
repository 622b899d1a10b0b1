import type { Incoming, Message } from "../backend/contract/message.ts";
import { outcomeOf } from "../backend/contract/undecided.ts";
import { upTo } from "../util/wait-options.ts";
import { within } from "../util/within.ts";
import { fetched, type Packed, unpack } from "./message.ts";

// The process that hosts an object inside a message may compute, or be stopped. After this number of milliseconds the receiver gets the
// object all the same. The object's first call then waits for that process.
const ATTACH_LIMIT = 250;

/** Sends a packed value, and releases it once the promise of `send` settles. Returns the result of `send`: whether it was in time. */
export function deliver(packed: Packed, send: (message: Message) => Promise<boolean>): Promise<boolean> {
  return packed.refs.length === 0 ? send(packed) : deliverWithObjects(packed, send);
}

async function deliverWithObjects(packed: Packed, send: (message: Message) => Promise<boolean>): Promise<boolean> {
  try {
    const sent = await send(packed);
    packed.release(sent);
    return sent;
  } catch (error) {
    const outcome = outcomeOf(error) ?? Promise.resolve(false);
    void outcome.catch(() => false).then((sent) => packed.release(sent));
    throw error;
  }
}

/** Like {@link deliver}, but blocks this thread. */
export function deliverSync(packed: Packed, send: (message: Message) => boolean): boolean {
  let sent = false;
  try {
    sent = send(packed);
    return sent;
  } finally {
    packed.release(sent);
  }
}

/**
 * Unpacks a message that was taken, and settles it. A message that can't be decoded is consumed too. If the message has shared objects that
 * live in a hub, the result is a promise, which resolves once this process is attached to them.
 */
export function accept(incoming: Incoming): unknown {
  return acceptPart(incoming, incoming.message);
}

/**
 * Like {@link accept}, for a value that is a part of the message.
 *
 * @param part the value's bytes, and the references of the message
 */
export function acceptPart({ message, settle }: Incoming, part: Message): unknown {
  if (message.refs.length > 0) return acceptWithObjects(part, settle);
  try {
    return unpack(part).value;
  } finally {
    settle();
  }
}

async function acceptWithObjects(message: Message, settle: () => void): Promise<unknown> {
  let attached: Promise<unknown> | undefined;
  try {
    await fetched(message);
    const unpacked = unpack(message);
    attached = unpacked.attached;
    if (attached !== undefined) await within(attached, upTo(ATTACH_LIMIT));
    return unpacked.value;
  } finally {
    // Until this process is attached to them, the objects live only because the sender's side keeps them.
    if (attached === undefined) settle();
    else void attached.then(settle);
  }
}
