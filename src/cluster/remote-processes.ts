import type { Wire } from "../backend/contract/wire.ts";
import { ClosedError, StateError, UnsupportedError } from "../errors/errors.ts";
import { DEFAULT_GROUP } from "../launch/check-options.ts";
import type { ComingJob, Planner } from "../launch/planner.ts";
import type { RunningChild } from "../launch/running-child.ts";
import { FOREVER } from "../util/wait-options.ts";
import { within } from "../util/within.ts";
import { Exchange } from "./exchange.ts";
import { refForHosts } from "./modules.ts";
import { Places } from "./places.ts";
import type { Program } from "./program.ts";
import { refuseObjects } from "./refuse-objects.ts";
import { RemoteChild } from "./remote-child.ts";

/** Starts the processes of a program on the hosts of a cluster. */
export class RemoteProcesses {
  readonly #wire: Wire;
  readonly #program: Program;
  readonly #places = new Map<string, Places>();
  readonly #waiting = new Set<RemoteChild>();
  #exchange: Exchange | undefined;
  #isClosed = false;

  constructor(wire: Wire, program: Program) {
    this.#wire = wire;
    this.#program = program;
    wire.onClose(async () => this.#cut());
  }

  readonly plan: Planner = ({ group = DEFAULT_GROUP }) => {
    if (this.#isClosed) throw closed();
    return (coming) => this.#start(group, coming);
  };

  async #start(group: string, { target, inherited, message, signal, killed }: ComingJob): Promise<RunningChild> {
    if (inherited !== null)
      throw new UnsupportedError("A subclass of a cluster's Process takes no target: call that function in its run().");
    refuseObjects(message.refs, "processes");
    const named = target && refForHosts(target, this.#program.root);
    const stopped = killed.then(() => {
      throw new StateError("The process was killed before an agent had started it.");
    });
    stopped.catch(() => {});
    for (;;) {
      // It may have been closed while the target was found.
      if (this.#isClosed) throw closed();
      const child = new RemoteChild(named);
      this.#waiting.add(child);
      const places = this.#placesOf(group);
      places.add(child);
      try {
        await within(Promise.race([child.launched, stopped]), { ...FOREVER, signal });
        return child;
      } catch (error) {
        child.giveUp();
        places.look();
        if (this.#isClosed) throw closed();
        if (!child.isCutOff) throw error;
      } finally {
        this.#waiting.delete(child);
      }
    }
  }

  #placesOf(group: string): Places {
    this.#exchange ??= new Exchange(this.#wire);
    const known = this.#places.get(group);
    if (known !== undefined) return known;
    const places = new Places(this.#exchange, group, this.#program.version);
    this.#places.set(group, places);
    return places;
  }

  // The agents end the processes, because nobody hears them here any more.
  #cut(): void {
    this.#isClosed = true;
    for (const child of this.#waiting) child.giveUp();
    for (const places of this.#places.values()) places.close();
    this.#exchange?.close();
  }
}

function closed(): ClosedError {
  return new ClosedError("The connection to the cluster is closed: call connectCluster() again.");
}
