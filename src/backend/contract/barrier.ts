import type { Wait } from "../../util/wait-options.ts";
import type { Kind } from "./kind.ts";
import type { WaitingPort } from "./port.ts";

export interface BarrierSettings {
  /** How many parties pass together. */
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

/** How a phase ends: all pass, the barrier breaks, or it is made new. */
export type BarrierEnd = "pass" | "break" | "reset";

export interface BarrierState {
  readonly parties: number;
  readonly waiting: number;
  readonly broken: boolean;
}

/** The calls of a broken barrier reject with `BrokenBarrierError`. */
export interface BarrierPort extends WaitingPort {
  /** Arrives. `undefined` if the last party of the round before was still at its action when the time ran out. */
  arrive(wait: Wait): Promise<Arrival | undefined>;
  /** Waits for a phase's end. False if it did not come in time. */
  passed(phase: number, wait: Wait): Promise<boolean>;
  /** Ends the present phase. With `phase`, only that one: false if it is over already. */
  end(how: BarrierEnd, phase?: number): Promise<boolean>;
  state(): Promise<BarrierState>;
  /** The blocking calls, where the backend has them. */
  readonly blocking?: BlockingBarrier;
}

/** As the calls of {@link BarrierPort}, blocking this thread. */
export interface BlockingBarrier {
  arriveSync(wait: Wait): Arrival | undefined;
  passedSync(phase: number, wait: Wait): boolean;
  endSync(how: BarrierEnd, phase?: number): boolean;
}

export const BARRIER: Kind<BarrierPort, BarrierSettings> = { name: "barrier", label: "barrier" };
