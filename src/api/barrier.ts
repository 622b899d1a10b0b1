import { type Arrival, BARRIER, type BarrierPort } from "../backend/contract/barrier.ts";
import { BrokenBarrierError } from "../errors/errors.ts";
import { barrierTimedOut, malformedReference, mayHaveHappened } from "../errors/messages.ts";
import type { ReceivedParts } from "../objects/kinds.ts";
import { makeFor, type ObjectOptions } from "../objects/make.ts";
import { adopt, isClosed, noSync, openPort, SharedObject, setTravel } from "../objects/shared-object.ts";
import { describe } from "../util/describe.ts";
import { optionNames } from "../util/known-options.ts";
import { checkTimeout, checkWait, FOREVER, timeLeft, WAIT_OPTIONS, type Wait, type WaitOptions } from "../util/wait-options.ts";
import { unlessSilent } from "./host-silence.ts";

const MOST_PARTIES = 2 ** 24;
const ACTION_CANT_TRAVEL = "its action is a function, which can't travel: let each party give the action to wait() instead";

/** Options of a {@link Barrier}. */
export interface BarrierOptions extends ObjectOptions {
  /**
   * A function that the last party of each round calls before any party goes on. If it throws, the last party gets the error, and the
   * barrier breaks for the others. A function can't travel, so parties in other processes pass theirs to `wait()`. Default: none.
   */
  readonly action?: () => unknown;
  /** The timeout of each `wait()` that names none, in milliseconds. Default: wait for ever. */
  readonly timeout?: number;
}

const BARRIER_OPTIONS = optionNames<BarrierOptions>({ name: true, action: true, timeout: true });

/** Options of one wait at a {@link Barrier}. */
export interface BarrierWaitOptions extends WaitOptions {
  /** Replaces the barrier's action for this wait. Only the last party's action is called. Default: {@link BarrierOptions.action}. */
  readonly action?: () => unknown;
}

const BARRIER_WAIT_OPTIONS = [...WAIT_OPTIONS, ...optionNames<Omit<BarrierWaitOptions, keyof WaitOptions>>({ action: true })];

/**
 * Lets a fixed number of parties, in any processes, wait for each other. When all have come, they go on, and the barrier can be used
 * again. If a process that has the barrier open is killed, the barrier breaks, so that no party waits for a dead process.
 *
 * Each call rejects with {@link ClosedError} after `close()`, and on the portable backend with {@link OwnerDiedError} if the process that
 * made it is gone.
 *
 * @example
 * ```ts
 * const barrier = new Barrier(2);
 * console.log((await Promise.all([barrier.wait(), barrier.wait()])).sort()); // [0, 1]
 * barrier.close();
 * ```
 */
export class Barrier extends SharedObject<BarrierPort> {
  /** The number of parties that pass together. */
  readonly parties: number;
  readonly #action: (() => unknown) | undefined;
  readonly #timeout: number | undefined;

  /**
   * Makes a barrier.
   *
   * @param parties the number of parties that pass together: 1 to 16,777,216
   * @param options `action`; `timeout` in ms, default: wait for ever
   * @throws {RangeError} if `parties` is not a whole number in that range
   * @throws {TypeError} if an argument has a wrong type
   */
  constructor(parties: number, options: BarrierOptions = {}) {
    const { action, timeout } = options;
    checkAction(action);
    if (timeout !== undefined) checkTimeout(timeout);
    checkParties(parties);
    super(BARRIER.label, () => makeFor(new.target, BARRIER, { parties }, options, BARRIER_OPTIONS));
    this.parties = parties;
    this.#action = action;
    this.#timeout = timeout;
    setTravel(this, {
      parts: () => ({ details: { parties, timeout } }),
      refusal: () => (action === undefined ? undefined : ACTION_CANT_TRAVEL),
    });
  }

  /** @internal */
  static adopt(port: BarrierPort, { details }: ReceivedParts): Barrier {
    const { parties, timeout } = (details ?? {}) as { readonly parties: number; readonly timeout?: number };
    try {
      return adopt(port, () => new Barrier(parties, { timeout }));
    } catch {
      throw malformedReference();
    }
  }

  /**
   * Waits until all parties have come. If the timeout of one party passes, the barrier breaks for all.
   *
   * @param options `timeout` in ms, `signal`, `action`; default: the barrier's own `timeout` and `action`
   * @returns this party's number in the order of arrival, from 0
   * @throws {TimeoutError} on the portable backend, if the process that made the barrier does not reply in time
   * @throws {BrokenBarrierError} if a party died, timed out or was aborted, or if a process called `abort()` or `reset()`
   * @throws {ClosedError} after `close()`, also if `close()` is called during the wait
   */
  async wait(options?: BarrierWaitOptions): Promise<number> {
    const port = openPort(this, "wait");
    const wait = this.#limits(options);
    const action = checkAction(options?.action) ?? this.#action;
    const left = timeLeft(wait);
    const steps = async (): Promise<number> => {
      const { index, phase, last } = arrived(await port.arrive(arrivalLimits(wait)));
      if (last) await this.#finish(port, phase, action);
      else await this.#pass(port, phase, left());
      return index;
    };
    return unlessSilent(steps(), wait, [port], (cause) => {
      throw mayHaveHappened("This party counts as arrived, and the barrier breaks unless all others came", cause);
    });
  }

  /** Like `wait`, but blocks this thread; `action` must be synchronous. Throws `UnsupportedError` on the portable backend. */
  waitSync(options?: BarrierWaitOptions): number {
    const { blocking = noSync("waitSync", "wait") } = openPort(this, "waitSync");
    const wait = this.#limits(options);
    const action = checkAction(options?.action) ?? this.#action;
    const left = timeLeft(wait);
    const { index, phase, last } = arrived(blocking.arriveSync(arrivalLimits(wait)));
    if (!last) {
      if (!blocking.passedSync(phase, left()) && blocking.endSync("break", phase)) throw barrierTimedOut();
      return index;
    }
    try {
      action?.();
      openPort(this, "waitSync");
    } catch (error) {
      try {
        blocking.endSync("break", phase);
      } catch {
        // Another process has reset the barrier since. A barrier that was reset must not break, so this error is ignored.
      }
      throw error;
    }
    blocking.endSync("pass", phase);
    return index;
  }

  /** Makes the barrier usable again, as if it were new. Waits that are under way reject with `BrokenBarrierError`. */
  async reset(): Promise<void> {
    await openPort(this, "reset").end("reset");
  }

  /** Breaks the barrier. Until `reset()`, all present and later waits reject with `BrokenBarrierError`. */
  async abort(): Promise<void> {
    await openPort(this, "abort").end("break");
  }

  /** Returns the number of parties that wait now. */
  async getWaiting(): Promise<number> {
    return (await openPort(this, "getWaiting").state()).waiting;
  }

  /** Returns whether the barrier is broken. */
  async isBroken(): Promise<boolean> {
    return (await openPort(this, "isBroken").state()).broken;
  }

  #limits(options: WaitOptions | undefined): Wait {
    const wait = checkWait(options, BARRIER_WAIT_OPTIONS);
    if (options?.timeout !== undefined || this.#timeout === undefined) return wait;
    return { ...wait, timeout: checkTimeout(this.#timeout) };
  }

  async #pass(port: BarrierPort, phase: number, wait: Wait): Promise<void> {
    let passed = false;
    try {
      passed = await port.passed(phase, wait);
    } catch (error) {
      // A party that stops waiting breaks the barrier, so that no other party waits for it. If all parties have come in the meantime, the
      // barrier does not break, and this wait succeeds.
      if (error instanceof BrokenBarrierError || (await port.end("break", phase).catch(() => true)) || isClosed(this)) throw error;
      return;
    }
    if (!passed && (await port.end("break", phase))) throw barrierTimedOut();
  }

  async #finish(port: BarrierPort, phase: number, action: (() => unknown) | undefined): Promise<void> {
    try {
      await action?.();
      openPort(this, "wait");
    } catch (error) {
      await port.end("break", phase).catch(() => {});
      throw error;
    }
    await port.end("pass", phase);
  }
}

// An arrival waits only while the last party of the previous round still runs its action. A timeout of 0 ms concerns the new round, so it
// does not limit that wait.
function arrivalLimits(wait: Wait): Wait {
  return wait.timeout === 0 ? { ...FOREVER, signal: wait.signal } : wait;
}

function arrived(arrival: Arrival | undefined): Arrival {
  if (arrival === undefined) throw barrierTimedOut();
  return arrival;
}

function checkAction(action: unknown): (() => unknown) | undefined {
  if (action !== undefined && typeof action !== "function") throw new TypeError(`action must be a function, received ${describe(action)}.`);
  return action as (() => unknown) | undefined;
}

function checkParties(parties: unknown): void {
  if (typeof parties !== "number") throw new TypeError(`A barrier takes a number of parties, received ${describe(parties)}.`);
  if (!Number.isInteger(parties) || parties < 1 || parties > MOST_PARTIES)
    throw new RangeError(`A barrier takes a whole number of parties from 1 to ${MOST_PARTIES}, received ${parties}.`);
}
