import type { BlockingPort } from "../backend/contract/port.ts";
import type { Wait } from "../util/wait-options.ts";

/** What `wait()` asks of an object. */
export interface Waitable {
  /** Whether, or when, a read would not wait. */
  poll(wait: Wait): Promise<boolean>;
  /** The same, blocking, where the backend has blocking calls. */
  readonly blocking?: BlockingPort | undefined;
}

const waitables = new WeakMap<object, () => Waitable>();

/** Lets `wait()` take the object. `open` throws if the object can't be waited for now. */
export function makeWaitable(object: object, open: () => Waitable): void {
  waitables.set(object, open);
}

/** How the object is waited for; `undefined` if `wait()` does not take it. */
export function waitableOf(object: object): (() => Waitable) | undefined {
  return waitables.get(object);
}
