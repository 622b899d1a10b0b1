import type { EventPort } from "../backend/contract/backend.ts";
import { Adopted, registerShared } from "../objects/message.ts";
import { backendFor, Hold, noSync } from "../objects/shared-object.ts";
import { checkWait, type Wait, type WaitOptions } from "../util/timing.ts";
import { waitable } from "./wait.ts";

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
export class Event {
  readonly #hold: Hold<EventPort>;

  constructor(adopted?: unknown) {
    const port = adopted instanceof Adopted ? (adopted.port as EventPort) : backendFor(new.target).makeEvent();
    this.#hold = new Hold(port, "event", this);
    waitable(this, () => {
      const port = this.#hold.open("wait");
      // It need not stay set for long, as for wait().
      let wasSet = false;
      const poll = async (wait: Wait): Promise<boolean> => {
        wasSet ||= await port.wait(wait);
        return wasSet;
      };
      return { poll, pollNow: port.isSetNow && (() => port.isSetNow?.() === true) };
    });
  }

  /** Sets the flag, and lets everybody go on who waits for it; waits for nobody. */
  async set(): Promise<void> {
    await this.#hold.open("set").set();
  }

  /** Clears the flag. */
  async clear(): Promise<void> {
    await this.#hold.open("clear").clear();
  }

  /** Whether the flag is set. */
  async isSet(): Promise<boolean> {
    return await this.#hold.open("isSet").isSet();
  }

  /**
   * Waits until the flag is set, if only for a moment.
   *
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @returns whether it was set in time
   * @throws {ClosedError} after `close()`, also while it waits
   */
  async wait(options?: WaitOptions): Promise<boolean> {
    return await this.#hold.open("wait").wait(checkWait(options));
  }

  /** As `wait`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  waitSync(options?: WaitOptions): boolean {
    const port = this.#hold.open("waitSync");
    return port.waitSync === undefined ? noSync("waitSync", "wait") : port.waitSync(checkWait(options));
  }

  /** As `set`, at once. Native backend; on the portable one `UnsupportedError`. */
  setSync(): void {
    const port = this.#hold.open("setSync");
    if (port.setSync === undefined) return noSync("setSync", "set");
    port.setSync();
  }

  /** Lets this process go of the object. Idempotent. */
  close(): void {
    this.#hold.close();
  }

  /** As `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

registerShared("event", (adopted) => new Event(adopted));
