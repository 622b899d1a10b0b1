import { UnsupportedError } from "../errors/errors.ts";

/** What agents decide about their own hosts. */
const OF_AGENTS = ["runtime", "execArgv", "env", "cwd", "stdout", "stderr", "limits"];

/** Throws `UnsupportedError` for options that the agents of a cluster set, not its programs. `what` has the options. */
export function refuseOptionsOfAgents(options: unknown, what: "pool" | "process"): void {
  const given = Object(options) as Readonly<Record<string, unknown>>;
  for (const name of OF_AGENTS)
    if (given[name] !== undefined)
      throw new UnsupportedError(`A ${what} of a cluster can't set ${name}: start the agents with what their processes need.`);
}
