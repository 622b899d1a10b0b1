import type { Wait } from "../../../util/wait-options.ts";
import type { Arrival, BarrierEnd, BarrierPort, BarrierState } from "../../contract/barrier.ts";
import { PortablePort } from "./port.ts";

export class PortableBarrier extends PortablePort implements BarrierPort {
  async arrive(wait: Wait): Promise<Arrival | undefined> {
    // Other parties may already count on this one. So if the hub has carried out an arrival that was withdrawn, the barrier must break.
    return (await this.perform("arrive", undefined, wait, ["end", "break"])) as Arrival | undefined;
  }

  async passed(phase: number, wait: Wait): Promise<boolean> {
    return (await this.perform("passed", phase, wait)) === true;
  }

  async end(how: BarrierEnd, phase?: number): Promise<boolean> {
    return (await this.tidy("end", [how, phase])) === true;
  }

  async state(): Promise<BarrierState> {
    return (await this.perform("state")) as BarrierState;
  }
}
