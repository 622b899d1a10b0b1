import { brokenBarrier } from "../../../errors/messages.ts";
import type { Wait } from "../../../util/wait-options.ts";
import type { Arrival, BarrierEnd, BarrierPort, BarrierState, BlockingBarrier } from "../../contract/barrier.ts";
import { EAGAIN, EPIPE } from "../library/errno.ts";
import { check } from "../library/result.ts";
import { NativeSyncPort } from "./sync-port.ts";

const ANY_PHASE = -1;
const HOW: Readonly<Record<BarrierEnd, number>> = { pass: 0, break: 1, reset: 2 };

export class NativeBarrier extends NativeSyncPort implements BarrierPort, BlockingBarrier {
  // The results of the native library's calls.
  readonly #fields = new Int32Array(3);

  get blocking(): BlockingBarrier {
    return this;
  }

  arrive(wait: Wait): Promise<Arrival | undefined> {
    return this.until(wait, () => this.#arrive());
  }

  arriveSync(wait: Wait): Arrival | undefined {
    return this.untilSync(wait, () => this.#arrive());
  }

  async passed(phase: number, wait: Wait): Promise<boolean> {
    return (await this.until(wait, () => this.#isOver(phase))) === true;
  }

  passedSync(phase: number, wait: Wait): boolean {
    return this.untilSync(wait, () => this.#isOver(phase)) === true;
  }

  async end(how: BarrierEnd, phase?: number): Promise<boolean> {
    return this.endSync(how, phase);
  }

  endSync(how: BarrierEnd, phase: number = ANY_PHASE): boolean {
    return this.#check(this.handle.insist(() => this.shim.pp_barrier_end(this.index, HOW[how], phase))) === 0;
  }

  async state(): Promise<BarrierState> {
    this.#check(this.shim.pp_barrier_state(this.index, this.#fields));
    const [parties = 0, waiting = 0, broken = 0] = this.#fields;
    return { parties, waiting, broken: broken === 1 };
  }

  #arrive(): Arrival | undefined {
    const index = this.handle.insist(() => this.shim.pp_barrier_arrive(this.index, this.#fields));
    if (index === EAGAIN) return undefined;
    this.#check(index);
    const [phase = 0, parties = 0] = this.#fields;
    return { index, phase, last: index + 1 === parties };
  }

  #isOver(phase: number): true | undefined {
    return this.#check(this.shim.pp_barrier_look(this.index, phase)) === 1 ? true : undefined;
  }

  #check(status: number): number {
    if (status === EPIPE) throw brokenBarrier();
    return check(this.handle.checked(status), "The barrier failed");
  }
}
