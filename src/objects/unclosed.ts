// Objects that are open, and what is done when the process has no descriptor left.
import type { Port } from "../backend/contract/port.ts";
import { ProcessError } from "../errors/errors.ts";
import { runtime } from "../runtime/current.ts";

/** An object that was not closed. */
export interface Unclosed {
  readonly object: WeakRef<object>;
  readonly port: Port;
  readonly label: string;
}

const unclosed = new Set<Unclosed>();

// Releases the ports of objects that were collected without close(). It is a safety net: correctness never depends on it.
const collected = new FinalizationRegistry<Unclosed>(release);

/** Notes that an object is open. */
export function noteOpen(object: object, port: Port, label: string): Unclosed {
  const entry = { object: new WeakRef(object), port, label };
  unclosed.add(entry);
  collected.register(object, entry, entry);
  return entry;
}

/** Notes that an object was closed. */
export function noteClosed(entry: Unclosed): void {
  unclosed.delete(entry);
  collected.unregister(entry);
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
    throw isOutOfFiles(error) ? withCounts(error) : error;
  }
}

/** Like {@link needingFiles}, for a call that returns a promise. */
export async function needingFilesLater<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isOutOfFiles(error)) throw error;
    closeCollected();
  }
  try {
    return await call();
  } catch (error) {
    throw isOutOfFiles(error) ? withCounts(error) : error;
  }
}

function release(entry: Unclosed): void {
  unclosed.delete(entry);
  entry.port.release();
}

function closeCollected(): void {
  runtime.collectGarbage();
  for (const entry of unclosed) {
    if (entry.object.deref() === undefined) release(entry);
  }
}

// The error is the native library's, or that of a runtime, which each write it in their own way.
function isOutOfFiles(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return /\b(EMFILE|ENFILE)\b|os error 2[34]\b|too many open files/i.test(error.message) || isOutOfFiles(error.cause);
}

function withCounts(error: unknown): unknown {
  if (!(error instanceof ProcessError)) return error;
  const counts = new Map<string, number>();
  for (const { label } of unclosed) counts.set(label, (counts.get(label) ?? 0) + 1);
  const open = [...counts].sort(([, one], [, other]) => other - one).map(([label, count]) => `${count} × ${label}`);
  return new ProcessError(
    `${error.message} Of polyproc's objects, this process has open: ${open.length === 0 ? "none" : open.join(", ")}.`,
    { cause: error },
  );
}
