// Objects that are open, and what is done when the process has no descriptor left.
import type { Port } from "../backend/contract/port.ts";
import { ProcessError, StateError } from "../errors/errors.ts";
import { runtime } from "../runtime/current.ts";
import { now } from "../util/clock.ts";
import { isOutOfFiles } from "../util/out-of-files.ts";
import { upTo } from "../util/wait-options.ts";
import { endsWithin } from "../util/within.ts";
import { forgetName, tellName } from "./named.ts";

/** An object that was not closed. */
export interface Unclosed {
  readonly object: WeakRef<object>;
  readonly port: Port;
  readonly label: string;
}

const unclosed = new Set<Unclosed>();

// Released ports that still have a descriptor.
const closing = new Set<Promise<void>>();

// The limit in milliseconds for which a call waits until released ports have closed their descriptors.
const CLOSING_LIMIT = 2000;

// So many descriptors are kept free, because a message that brings objects is lost if there are none for them.
const ROOM = 8;
// Nothing is done for fewer open objects, and for so many milliseconds after a collection that freed nothing, because each takes time.
const FEW = 32;
const PAUSE = 500;
let uselessAt = Number.NEGATIVE_INFINITY;

// Releases the ports of objects that were collected without close(). It is a safety net: correctness never depends on it.
const collected = new FinalizationRegistry<Unclosed>(release);

/** Notes that an object is open. */
export function noteOpen(object: object, port: Port, label: string): Unclosed {
  const entry = { object: new WeakRef(object), port, label };
  unclosed.add(entry);
  collected.register(object, entry, entry);
  tellName(port, label);
  if (unclosed.size % 2 === 0) makeRoom();
  return entry;
}

/** Notes that an object was closed. */
export function noteClosed(entry: Unclosed): void {
  unclosed.delete(entry);
  collected.unregister(entry);
  forgetName(entry.port);
  noteClosing(entry.port);
}

/**
 * Makes a call that needs descriptors. If there is none left, objects that nothing refers to are closed, and the call is made once more. If
 * that fails, too, the error says how many objects of each kind are open.
 */
export function needingFiles<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!isOutOfFiles(error)) throw error;
    closeCollected();
  }
  try {
    return call();
  } catch (error) {
    throw counting(error);
  }
}

/** Like {@link needingFiles}, for a call that returns a promise. It also waits for descriptors that are just being closed. */
export async function needingFilesLater<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isOutOfFiles(error)) throw error;
    closeCollected();
    await endsWithin(Promise.all(closing), upTo(CLOSING_LIMIT));
  }
  try {
    return await call();
  } catch (error) {
    throw counting(error);
  }
}

/**
 * Closes the objects that nothing refers to if few descriptors are left. Called after descriptors came from outside, and so could not be asked
 * for once more: with a message, or (Node does not tell that it could not accept a connection) at a listener.
 */
export function makeRoom(): void {
  if (unclosed.size < FEW || now() - uselessAt < PAUSE || runtime.canOpen(ROOM)) return;
  if (closeCollected() === 0) uselessAt = now();
}

/** Adds to an error for want of descriptors how many objects of each kind are open. Returns any other error as it is. */
export function counting(error: unknown): unknown {
  return isOutOfFiles(error) ? withCounts(error) : error;
}

function release(entry: Unclosed): void {
  unclosed.delete(entry);
  forgetName(entry.port);
  noteClosing(entry.port);
  entry.port.release();
}

function noteClosing({ gone }: Port): void {
  if (gone === undefined) return;
  closing.add(gone);
  void gone.then(() => closing.delete(gone));
}

// Returns how many there were.
function closeCollected(): number {
  runtime.collectGarbage();
  const gone = [...unclosed].filter(({ object }) => object.deref() === undefined);
  for (const entry of gone) release(entry);
  return gone.length;
}

function withCounts(error: unknown): unknown {
  const Class = [StateError, ProcessError].find((each) => error instanceof each);
  if (Class === undefined) return error;
  const counts = new Map<string, number>();
  for (const { label } of unclosed) counts.set(label, (counts.get(label) ?? 0) + 1);
  const open = [...counts].sort(([, one], [, other]) => other - one).map(([label, count]) => `${count} × ${label}`);
  return new Class(
    `${(error as Error).message} Of polyproc's objects, this process has open: ${open.length === 0 ? "none" : open.join(", ")}.`,
    { cause: error },
  );
}
