import type { BlockingPort } from "../backend/contract/port.ts";
import type { Wait } from "../util/wait-options.ts";

/** The functions that `wait()` needs from an object. */
export interface Waitable {
  /** Waits until a read would not have to wait. False if the time ran out first. */
  poll(wait: Wait): Promise<boolean>;
  /** Whether there is surely nothing to read. Only what can be filled by processes that end has it. */
  isDrained?(): Promise<boolean>;
  /** The same as blocking calls, if the backend has them. */
  readonly blocking?: BlockingPort | undefined;
}

const waitables = new WeakMap<object, () => Waitable>();

/** Lets `wait()` take the object. `open` throws if the object can't be waited for now. */
export function makeWaitable(object: object, open: () => Waitable): void {
  waitables.set(object, open);
}

/** Returns the function that opens an object for `wait()`, or `undefined` if `wait()` does not support the object. */
export function waitableOf(object: object): (() => Waitable) | undefined {
  return waitables.get(object);
}
