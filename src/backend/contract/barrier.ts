import type { Wait } from "../../util/wait-options.ts";
import type { Kind } from "./kind.ts";
import type { WaitingPort } from "./port.ts";

export interface BarrierSettings {
  /** The number of parties that pass together. */
  readonly parties: number;
}

/** One party's arrival at a barrier. */
export interface Arrival {
  /** Its number in the order of arrival, from 0. */
  readonly index: number;
  /** The number of the round. */
  readonly phase: number;
  /** Whether all parties have arrived with it. Then this party ends the phase. */
  readonly last: boolean;
}

/** The ways in which a phase ends: all parties pass, the barrier breaks, or it is reset. */
export type BarrierEnd = "pass" | "break" | "reset";

export interface BarrierState {
  readonly parties: number;
  readonly waiting: number;
  readonly broken: boolean;
}

/**
 * The calls of a broken barrier reject with `BrokenBarrierError`.
 *
 * @ignore
 */
export interface BarrierPort extends WaitingPort {
  /** Arrives. `undefined` if the time ran out while the last party of the previous round still ran its action. */
  arrive(wait: Wait): Promise<Arrival | undefined>;
  /** Waits for the end of a phase. False if the time ran out first. */
  passed(phase: number, wait: Wait): Promise<boolean>;
  /**
   * Ends the present phase. With `phase`, it ends only that phase, and the result is false if that phase is over already. It works after
   * `release`, too, as long as this process has another port to the barrier. The release of the last one breaks the barrier by itself.
   */
  end(how: BarrierEnd, phase?: number): Promise<boolean>;
  state(): Promise<BarrierState>;
  /** The blocking calls, if the backend has them. */
  readonly blocking?: BlockingBarrier;
}

/** The calls of {@link BarrierPort} that block this thread. */
export interface BlockingBarrier {
  arriveSync(wait: Wait): Arrival | undefined;
  passedSync(phase: number, wait: Wait): boolean;
  endSync(how: BarrierEnd, phase?: number): boolean;
}

export const BARRIER: Kind<BarrierPort, BarrierSettings> = { name: "barrier", label: "barrier" };
