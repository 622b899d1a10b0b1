import { brokenBarrier } from "../../../errors/messages.ts";
import { sleep } from "../../../util/clock.ts";
import { timeLeft, upTo, type Wait } from "../../../util/wait-options.ts";
import type { Arrival, BarrierEnd, BarrierPort, BarrierState, BlockingBarrier } from "../../contract/barrier.ts";
import { EAGAIN, EBUSY, EPIPE } from "../library/errno.ts";
import { check, INSIST_LIMIT } from "../library/result.ts";
import { NativeSyncPort } from "./sync-port.ts";

const ANY_PHASE = -1;
// The pause in milliseconds before an arrival is tried again that another process kept from the barrier.
const BUSY_PAUSE = 5;
const HOW: Readonly<Record<BarrierEnd, number>> = { pass: 0, break: 1, reset: 2 };

export class NativeBarrier extends NativeSyncPort implements BarrierPort, BlockingBarrier {
  // The results of the native library's calls.
  readonly #fields = new Int32Array(3);

  get blocking(): BlockingBarrier {
    return this;
  }

  async arrive(wait: Wait): Promise<Arrival | undefined> {
    const left = timeLeft(wait);
    const insistLeft = timeLeft(upTo(INSIST_LIMIT));
    for (;;) {
      const arrival = await this.until(left(), () => this.#arrive());
      if (arrival !== "busy") return arrival;
      if (left().timeout === 0) return undefined;
      if (insistLeft().timeout === 0) this.#check(EBUSY);
      await sleep(BUSY_PAUSE);
      wait.signal?.throwIfAborted();
    }
  }

  arriveSync(wait: Wait): Arrival | undefined {
    return this.untilSync(wait, () => {
      const arrival = this.#arrive();
      return arrival === "busy" ? undefined : arrival;
    });
  }

  async passed(phase: number, wait: Wait): Promise<boolean> {
    return (await this.until(wait, () => this.#isOver(phase))) === true;
  }

  passedSync(phase: number, wait: Wait): boolean {
    return this.untilSync(wait, () => this.#isOver(phase)) === true;
  }

  async end(how: BarrierEnd, phase?: number): Promise<boolean> {
    return this.#check(await this.handle.insistLater(() => this.#end(how, phase))) === 0;
  }

  endSync(how: BarrierEnd, phase?: number): boolean {
    return this.#check(this.handle.insist(() => this.#end(how, phase))) === 0;
  }

  async state(): Promise<BarrierState> {
    this.#check(this.shim.pp_barrier_state(this.index, this.#fields));
    const [parties = 0, waiting = 0, broken = 0] = this.#fields;
    return { parties, waiting, broken: broken === 1 };
  }

  #end(how: BarrierEnd, phase: number = ANY_PHASE): number {
    return this.shim.pp_barrier_end(this.handle.inUse ? this.handle.index : this.index, HOW[how], phase);
  }

  // "busy" if another process was stopped in the middle of a call. No event tells when it goes on.
  #arrive(): Arrival | "busy" | undefined {
    const index = this.handle.checked(this.shim.pp_barrier_arrive(this.index, this.#fields));
    if (index === EAGAIN) return undefined;
    if (index === EBUSY) return "busy";
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
