import { UnsupportedError } from "../errors/errors.ts";
import { refuseOptionsOfAgents } from "./options-of-agents.ts";
import { Process } from "./process.ts";

/** What a process on another host can't have, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  detached: "its agent ends it when this program is gone. Use a queue, and processes that take from it",
  transfer: "objects of this host can't go there. Pass the names of objects of the cluster",
};

/** A process that an agent of the cluster runs. */
export class ClusterProcess<Args extends readonly unknown[], Result> extends Process<Args, Result> {
  constructor(options?: ConstructorParameters<typeof Process<Args, Result>>[0]) {
    refuseOptionsOfAgents(options, "process");
    for (const [name, why] of Object.entries(REFUSED))
      if ((Object(options) as Readonly<Record<string, unknown>>)[name] !== undefined)
        throw new UnsupportedError(`A process of a cluster can't have the option ${name}: ${why}.`);
    super(options);
  }
}
