import type { Arrival, BarrierPort } from "../backend/contract/backend.ts";
import { registerOwn, travelAs } from "../codec/classes.ts";
import { BrokenBarrierError, SerializationError } from "../errors/errors.ts";
import { barrierTimedOut } from "../errors/messages.ts";
import { Adopted, registerShared } from "../objects/message.ts";
import { backendFor, Hold, noSync } from "../objects/shared-object.ts";
import { checkTimeout, checkWait, describe, FOREVER, type Wait, type WaitOptions } from "../util/timing.ts";

const NAME = "polyproc.Barrier";
const MOST_PARTIES = 2 ** 24;

export interface BarrierOptions {
  /**
   * Run once in each round by the last party to come, before any goes on. What it throws reaches that party, and the barrier breaks. A
   * function can't travel: parties in other processes give theirs to `wait()`.
   */
  readonly action?: () => unknown;
  /** Milliseconds that `wait()` waits unless it is told otherwise; default: for ever. */
  readonly timeout?: number;
}

export interface BarrierWaitOptions extends WaitOptions {
  /** As {@link BarrierOptions.action}, in place of the barrier's own. */
  readonly action?: () => unknown;
}

/** A barrier's own part of what travels; the others are its settings. */
class Gate extends Hold<BarrierPort> {
  constructor(port: BarrierPort) {
    super(port, "barrier");
  }
}

registerShared("barrier", (adopted) => new Gate((adopted as Adopted<BarrierPort>).port));

interface Parts {
  readonly gate: Gate;
  readonly parties: number;
  readonly timeout: number | undefined;
}

/**
 * Lets a number of parties, in any processes, wait until all have come; then it can be used again. A party that is killed breaks it, and so
 * does a process that is killed while it holds the barrier: nobody waits for the dead.
 *
 * @example
 * ```ts
 * const barrier = new Barrier(2);
 * console.log((await Promise.all([barrier.wait(), barrier.wait()])).sort()); // [0, 1]
 * barrier.close();
 * ```
 */
export class Barrier {
  /** How many parties pass together. */
  readonly parties: number;
  readonly #gate: Gate;
  readonly #action: (() => unknown) | undefined;
  readonly #timeout: number | undefined;

  /**
   * @param parties how many pass together: 1 or more
   * @param options `action`, `timeout` in ms
   * @throws {RangeError} for a number of parties that can't be
   * @throws {TypeError} for an action that is no function
   */
  constructor(parties: number, options: BarrierOptions = {}) {
    const adopted: unknown = parties;
    const parts = adopted instanceof Adopted ? (adopted.port as unknown as Parts) : undefined;
    const { action, timeout } = parts === undefined ? options : { action: undefined, timeout: parts.timeout };
    checkAction(action);
    if (timeout !== undefined) checkTimeout(timeout);
    this.parties = checkParties(parts?.parties ?? parties);
    this.#action = action;
    this.#timeout = timeout;
    this.#gate = parts?.gate ?? new Gate(backendFor(new.target).makeBarrier(this.parties));
    travelAs(new.target.prototype, NAME);
  }

  /**
   * Waits until all parties have come. Too late, it breaks the barrier for all.
   *
   * @param options `timeout` in ms, `signal`, `action`; default: the barrier's own
   * @returns this party's number in the order of coming, from 0
   * @throws {BrokenBarrierError} if a party died, was too late or gave up, or somebody called `abort()` or `reset()`
   */
  async wait(options?: BarrierWaitOptions): Promise<number> {
    const port = this.#open("wait");
    const wait = this.#limits(options);
    const action = checkAction(options?.action) ?? this.#action;
    const { index, phase, last } = await this.#arrive(port, wait);
    if (last) await this.#finish(port, phase, action);
    else await this.#pass(port, phase, wait);
    return index;
  }

  /** As `wait`, blocking this thread; its `action` must not wait. Native backend; on the portable one `UnsupportedError`. */
  waitSync(options?: BarrierWaitOptions): number {
    const port = this.#open("waitSync");
    if (port.arriveSync === undefined || port.passedSync === undefined) return noSync("waitSync", "wait");
    const wait = this.#limits(options);
    const action = checkAction(options?.action) ?? this.#action;
    const { index, phase, last } = port.arriveSync(wait);
    if (last) this.#finishSync(port, phase, action);
    else if (!port.passedSync(phase, wait) && port.endSync?.("break", phase) !== false) throw barrierTimedOut();
    return index;
  }

  /** Ends the waits of all parties with `BrokenBarrierError`, and makes the barrier new. */
  async reset(): Promise<void> {
    await this.#open("reset").end("reset");
  }

  /** Breaks the barrier: all waits, now and later, end with `BrokenBarrierError` until `reset()`. */
  async abort(): Promise<void> {
    await this.#open("abort").end("break");
  }

  /** How many parties wait. */
  async getWaiting(): Promise<number> {
    return (await this.#open("getWaiting").state()).waiting;
  }

  /** Whether it is broken. */
  async isBroken(): Promise<boolean> {
    return (await this.#open("isBroken").state()).broken;
  }

  /** Lets this process go of the object. Idempotent. */
  close(): void {
    this.#gate.close();
  }

  /** As `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  static {
    const parts = (barrier: Barrier): Parts => {
      if (barrier.#action !== undefined)
        throw new SerializationError("its action is a function, which can't travel: let each party give the action to wait() instead");
      return { gate: barrier.#gate, parties: barrier.parties, timeout: barrier.#timeout };
    };
    registerOwn(NAME, Barrier.prototype, parts, (whole) => new Barrier(new Adopted(whole as never) as never));
  }

  #limits(options: WaitOptions | undefined): Wait {
    const wait = checkWait(options);
    if (options?.timeout !== undefined || this.#timeout === undefined) return wait;
    return { ...wait, timeout: checkTimeout(this.#timeout) };
  }

  async #arrive(port: BarrierPort, wait: Wait): Promise<Arrival> {
    // Only a round whose last party is still at its action makes this wait: its limits are those of the round itself.
    return port.arrive(wait.timeout === 0 ? { ...FOREVER, signal: wait.signal } : wait);
  }

  async #pass(port: BarrierPort, phase: number, wait: Wait): Promise<void> {
    let passed = false;
    try {
      passed = await port.passed(phase, wait);
    } catch (error) {
      // Who gives up lets nobody wait for it; all may have come meanwhile, and then it has passed.
      if (error instanceof BrokenBarrierError || this.#gate.closed || (await port.end("break", phase).catch(() => true))) throw error;
      return;
    }
    if (!passed && (await port.end("break", phase))) throw barrierTimedOut();
  }

  async #finish(port: BarrierPort, phase: number, action: (() => unknown) | undefined): Promise<void> {
    try {
      await action?.();
    } catch (error) {
      await port.end("break", phase).catch(() => {});
      throw error;
    }
    await port.end("pass", phase);
  }

  #finishSync(port: BarrierPort, phase: number, action: (() => unknown) | undefined): void {
    try {
      action?.();
    } catch (error) {
      try {
        port.endSync?.("break", phase);
      } catch {
        // It was reset meanwhile.
      }
      throw error;
    }
    port.endSync?.("pass", phase);
  }

  #open(what: string): BarrierPort {
    return this.#gate.open(what);
  }
}

function checkAction(action: unknown): (() => unknown) | undefined {
  if (action !== undefined && typeof action !== "function") throw new TypeError(`action must be a function, received ${describe(action)}.`);
  return action as (() => unknown) | undefined;
}

function checkParties(parties: unknown): number {
  if (typeof parties !== "number") throw new TypeError(`A barrier takes a number of parties, received ${describe(parties)}.`);
  if (!Number.isInteger(parties) || parties < 1 || parties > MOST_PARTIES)
    throw new RangeError(`A barrier takes a whole number of parties from 1 to ${MOST_PARTIES}, received ${parties}.`);
  return parties;
}
