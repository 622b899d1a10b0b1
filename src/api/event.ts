import { EVENT, type EventPort } from "../backend/contract/event.ts";
import type { BlockingPort } from "../backend/contract/port.ts";
import { makeFor, type ObjectOptions } from "../objects/make.ts";
import { adopt, noSync, openPort, SharedObject } from "../objects/shared-object.ts";
import { makeWaitable, type Waitable } from "../objects/waitable.ts";
import { checkWait, type Wait, type WaitOptions } from "../util/wait-options.ts";

/**
 * A flag that processes can set, clear and wait for. A new event is not set.
 *
 * Each call rejects with {@link ClosedError} after `close()`, and on the portable backend with {@link OwnerDiedError} if the process that
 * made it is gone.
 *
 * @example
 * ```ts
 * const ready = new Event();
 * await ready.set();
 * console.log(await ready.wait({ timeout: 1000 })); // true
 * ready.close();
 * ```
 */
export class Event extends SharedObject<EventPort> {
  /**
   * Makes an event that is not set.
   *
   * @param options `name`: see {@link ObjectOptions}
   * @throws {TypeError} for options of a wrong type
   */
  constructor(options: ObjectOptions = {}) {
    super(EVENT.label, () => makeFor(new.target, EVENT, undefined, options));
    makeWaitable(this, () => waitable(openPort(this, "wait")));
  }

  /** @internal */
  static adopt(port: EventPort): Event {
    return adopt(port, () => new Event());
  }

  /** Sets the flag. This ends all waits for it, but the call does not wait until those processes go on. */
  async set(): Promise<void> {
    await openPort(this, "set").set();
  }

  /** Clears the flag. */
  async clear(): Promise<void> {
    await openPort(this, "clear").clear();
  }

  /** Returns whether the flag is set. */
  async isSet(): Promise<boolean> {
    return await openPort(this, "isSet").isSet();
  }

  /**
   * Waits until the flag is set. The wait also ends if the flag is set and cleared again at once.
   *
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @returns whether it was set in time
   * @throws {ClosedError} after `close()`, also if `close()` is called during the wait
   * @throws {OwnerDiedError} on the portable backend, if the process that made the event is gone
   */
  async wait(options?: WaitOptions): Promise<boolean> {
    return await openPort(this, "wait").wait(checkWait(options));
  }

  /** Like `wait`, but blocks this thread. Throws `UnsupportedError` on the portable backend. */
  waitSync(options?: WaitOptions): boolean {
    const { blocking = noSync("waitSync", "wait") } = openPort(this, "waitSync");
    return blocking.waitSync(checkWait(options));
  }

  /** Like `set`, but blocks this thread. Throws `UnsupportedError` on the portable backend. */
  setSync(): void {
    const { blocking = noSync("setSync", "set") } = openPort(this, "setSync");
    blocking.setSync();
  }
}

// The function `wait()` looks at an object more than once. An event that was set during the wait counts as ready, even if it has been
// cleared before the next look.
function waitable(port: EventPort): Waitable {
  let wasSet = false;
  const poll = async (wait: Wait): Promise<boolean> => {
    wasSet ||= await port.wait(wait);
    return wasSet;
  };
  const blocking: BlockingPort | undefined = port.blocking;
  return { poll, blocking };
}
