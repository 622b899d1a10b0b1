import { type Arrival, BARRIER, type BarrierPort } from "../backend/contract/barrier.ts";
import { BrokenBarrierError, CorruptedError } from "../errors/errors.ts";
import { barrierTimedOut } from "../errors/messages.ts";
import type { ReceivedParts } from "../objects/kinds.ts";
import { makeFor, type ObjectOptions } from "../objects/make.ts";
import { adopt, isClosed, noSync, openPort, SharedObject, type TravellingParts } from "../objects/shared-object.ts";
import { describe } from "../util/describe.ts";
import { checkTimeout, checkWait, FOREVER, type Wait, type WaitOptions } from "../util/wait-options.ts";

const MOST_PARTIES = 2 ** 24;

export interface BarrierOptions extends ObjectOptions {
  /**
   * Run once in each round by the last party to come, before any party goes on. What it throws reaches that party, and the barrier breaks.
   * A function can't travel: parties in other processes give theirs to `wait()`.
   */
  readonly action?: () => unknown;
  /** Milliseconds that `wait()` waits unless it is told otherwise; default: for ever. */
  readonly timeout?: number;
}

export interface BarrierWaitOptions extends WaitOptions {
  /** As {@link BarrierOptions.action}, in place of the barrier's own. */
  readonly action?: () => unknown;
}

/**
 * Lets a number of parties, in any processes, wait until all have come; then it can be used again. The barrier breaks when a party is
 * killed, and when a process is killed that has the barrier open: no party waits for the dead.
 *
 * @example
 * ```ts
 * const barrier = new Barrier(2);
 * console.log((await Promise.all([barrier.wait(), barrier.wait()])).sort()); // [0, 1]
 * barrier.close();
 * ```
 */
export class Barrier extends SharedObject<BarrierPort> {
  /** How many parties pass together. */
  readonly parties: number;
  readonly #action: (() => unknown) | undefined;
  readonly #timeout: number | undefined;

  /**
   * @param parties how many pass together: 1 or more
   * @param options `action`, `timeout` in ms
   * @throws {RangeError} for a number of parties that can't be
   * @throws {TypeError} for an action that is no function
   */
  constructor(parties: number, options: BarrierOptions = {}) {
    checkParties(parties);
    const { action, timeout } = options;
    checkAction(action);
    if (timeout !== undefined) checkTimeout(timeout);
    super(BARRIER.label, () => makeFor(new.target, BARRIER, { parties }, options));
    this.parties = parties;
    this.#action = action;
    this.#timeout = timeout;
  }

  /** @internal */
  static adopt(port: BarrierPort, { details }: ReceivedParts): Barrier {
    const { parties, timeout } = (details ?? {}) as { readonly parties: number; readonly timeout?: number };
    try {
      return adopt(port, () => new Barrier(parties, { timeout }));
    } catch (error) {
      throw new CorruptedError("A barrier came with settings that no barrier has.", { cause: error });
    }
  }

  /**
   * Waits until all parties have come. A wait whose time runs out breaks the barrier for all.
   *
   * @param options `timeout` in ms, `signal`, `action`; default: the barrier's own
   * @returns this party's number in the order of arrival, from 0
   * @throws {BrokenBarrierError} if a party died, was too late or gave up, or a process called `abort()` or `reset()`
   */
  async wait(options?: BarrierWaitOptions): Promise<number> {
    const port = openPort(this, "wait");
    const wait = this.#limits(options);
    const action = checkAction(options?.action) ?? this.#action;
    const { index, phase, last } = arrived(await port.arrive(arrivalLimits(wait)));
    if (last) await finish(port, phase, action);
    else await this.#pass(port, phase, wait);
    return index;
  }

  /** As `wait`, blocking this thread; its `action` must not wait. Native backend; on the portable one `UnsupportedError`. */
  waitSync(options?: BarrierWaitOptions): number {
    const { blocking = noSync("waitSync", "wait") } = openPort(this, "waitSync");
    const wait = this.#limits(options);
    const action = checkAction(options?.action) ?? this.#action;
    const { index, phase, last } = arrived(blocking.arriveSync(wait));
    if (!last) {
      if (!blocking.passedSync(phase, wait) && blocking.endSync("break", phase)) throw barrierTimedOut();
      return index;
    }
    try {
      action?.();
    } catch (error) {
      try {
        blocking.endSync("break", phase);
      } catch {
        // It was reset meanwhile, and is not to be broken any more.
      }
      throw error;
    }
    blocking.endSync("pass", phase);
    return index;
  }

  /** Ends the waits of all parties with `BrokenBarrierError`, and makes the barrier new. */
  async reset(): Promise<void> {
    await openPort(this, "reset").end("reset");
  }

  /** Breaks the barrier: all waits, now and later, end with `BrokenBarrierError` until `reset()`. */
  async abort(): Promise<void> {
    await openPort(this, "abort").end("break");
  }

  /** How many parties wait. */
  async getWaiting(): Promise<number> {
    return (await openPort(this, "getWaiting").state()).waiting;
  }

  /** Whether it is broken. */
  async isBroken(): Promise<boolean> {
    return (await openPort(this, "isBroken").state()).broken;
  }

  protected override parts(): TravellingParts {
    return { details: { parties: this.parties, timeout: this.#timeout } };
  }

  protected override refusal(): string | undefined {
    if (this.#action === undefined) return undefined;
    return "its action is a function, which can't travel: let each party give the action to wait() instead";
  }

  #limits(options: WaitOptions | undefined): Wait {
    const wait = checkWait(options);
    if (options?.timeout !== undefined || this.#timeout === undefined) return wait;
    return { ...wait, timeout: checkTimeout(this.#timeout) };
  }

  async #pass(port: BarrierPort, phase: number, wait: Wait): Promise<void> {
    let passed = false;
    try {
      passed = await port.passed(phase, wait);
    } catch (error) {
      // A party that gives up breaks the barrier, so that no other party waits for it. If all have come meanwhile, it has passed.
      if (error instanceof BrokenBarrierError || isClosed(this) || (await port.end("break", phase).catch(() => true))) throw error;
      return;
    }
    if (!passed && (await port.end("break", phase))) throw barrierTimedOut();
  }
}

// An arrival only waits while the last party of the round before is still at its action. A wait of 0 ms is meant for the round itself.
function arrivalLimits(wait: Wait): Wait {
  return wait.timeout === 0 ? { ...FOREVER, signal: wait.signal } : wait;
}

function arrived(arrival: Arrival | undefined): Arrival {
  if (arrival === undefined) throw barrierTimedOut();
  return arrival;
}

async function finish(port: BarrierPort, phase: number, action: (() => unknown) | undefined): Promise<void> {
  try {
    await action?.();
  } catch (error) {
    await port.end("break", phase).catch(() => {});
    throw error;
  }
  await port.end("pass", phase);
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
