import type { EventPort } from "./backend/backend.ts";
import { ClosedError } from "./errors.ts";
import { Adopted, registerShared } from "./message.ts";
import { backendFor, noSync, shareable } from "./shared.ts";
import { checkWait, type WaitOptions } from "./timing.ts";
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
  readonly #port: EventPort;
  #closed = false;

  constructor(adopted?: unknown) {
    this.#port = adopted instanceof Adopted ? (adopted.port as EventPort) : backendFor(new.target).makeEvent();
    shareable(this, this.#port, () => this.#open("sending it"));
    waitable(this, () => {
      const port = this.#open("wait");
      return { poll: (wait) => port.wait(wait), pollNow: port.isSetNow && (() => port.isSetNow?.() === true) };
    });
  }

  /** Sets the flag, and lets everybody go on who waits for it; waits for nobody. */
  async set(): Promise<void> {
    await this.#open("set").set();
  }

  /** Clears the flag. */
  async clear(): Promise<void> {
    await this.#open("clear").clear();
  }

  /** Whether the flag is set. */
  async isSet(): Promise<boolean> {
    return this.#open("isSet").isSet();
  }

  /**
   * Waits until the flag is set, if only for a moment.
   *
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @returns whether it was set in time
   * @throws {ClosedError} after `close()`, also while it waits
   */
  async wait(options?: WaitOptions): Promise<boolean> {
    return this.#open("wait").wait(checkWait(options));
  }

  /** As `wait`, blocking this thread. Native backend; on the portable one `UnsupportedError`. */
  waitSync(options?: WaitOptions): boolean {
    const port = this.#open("waitSync");
    return port.waitSync === undefined ? noSync("waitSync", "wait") : port.waitSync(checkWait(options));
  }

  /** As `set`, at once. Native backend; on the portable one `UnsupportedError`. */
  setSync(): void {
    const port = this.#open("setSync");
    if (port.setSync === undefined) return noSync("setSync", "set");
    port.setSync();
  }

  /** Lets this process go of the object. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#port.release();
  }

  /** As `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #open(what: string): EventPort {
    if (this.#closed) throw new ClosedError(`The event is closed in this process: ${what} works only before close().`);
    return this.#port;
  }
}

registerShared("event", (adopted) => new Event(adopted));
