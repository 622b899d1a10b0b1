import { EVENT, type EventPort } from "../backend/contract/event.ts";
import type { BlockingPort } from "../backend/contract/port.ts";
import { makeFor, type ObjectOptions } from "../objects/make.ts";
import { adopt, noSync, openPort, SharedObject } from "../objects/shared-object.ts";
import { makeWaitable, type Waitable } from "../objects/waitable.ts";
import { checkWait, type Wait, type WaitOptions } from "../util/wait-options.ts";

/**
 * A flag that processes set and wait for. It starts clear.
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
  constructor(options: ObjectOptions = {}) {
    super(EVENT.label, () => makeFor(new.target, EVENT, undefined, options));
    makeWaitable(this, () => waitable(openPort(this, "wait")));
  }

  /** @internal */
  static adopt(port: EventPort): Event {
    return adopt(port, () => new Event());
  }

  /** Sets the flag, and ends the waits for it. It does not wait for those that waited. */
  async set(): Promise<void> {
    await openPort(this, "set").set();
  }

  /** Clears the flag. */
  async clear(): Promise<void> {
    await openPort(this, "clear").clear();
  }

  /** Whether the flag is set. */
  async isSet(): Promise<boolean> {
    return await openPort(this, "isSet").isSet();
  }

  /**
   * Waits until the flag is set, if only for a moment.
   *
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @returns whether it was set in time
   * @throws {ClosedError} after `close()`, also while it waits
   */
  async wait(options?: WaitOptions): Promise<boolean> {
    return await openPort(this, "wait").wait(checkWait(options));
  }

  /** As `wait`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  waitSync(options?: WaitOptions): boolean {
    const { blocking = noSync("waitSync", "wait") } = openPort(this, "waitSync");
    return blocking.waitSync(checkWait(options));
  }

  /** As `set`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  setSync(): void {
    const { blocking = noSync("setSync", "set") } = openPort(this, "setSync");
    blocking.setSync();
  }
}

// For `wait()`, an event that was set is ready, also when it has been cleared again before anybody looked.
function waitable(port: EventPort): Waitable {
  let wasSet = false;
  const poll = async (wait: Wait): Promise<boolean> => {
    wasSet ||= await port.wait(wait);
    return wasSet;
  };
  const blocking: BlockingPort | undefined = port.blocking;
  return { poll, blocking };
}
