// The servers of managers that this thread has closed. A call of a proxy says so, instead of telling that the server is gone.
import { ClosedError } from "../errors/errors.ts";

const closed = new Set<string>();

/** Notes that this thread has closed the manager whose server has this name. */
export function noteServerClosed(id: string): void {
  closed.add(id);
}

export function isServerClosed(id: string): boolean {
  return closed.has(id);
}

export function managerClosed(): ClosedError {
  return new ClosedError("The manager of this object was closed in this process, and its objects ended with it: make a new manager.");
}
