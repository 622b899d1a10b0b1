import { UnsupportedError } from "../errors/errors.ts";
import type { PoolOptions } from "../pool/options.ts";
import { Pool } from "./pool.ts";

/** So many workers a pool of a cluster has at most, if it does not say more. How many cores the cluster has is not known. */
const MOST_WORKERS = 64;
/** What agents decide about their own hosts. */
const OF_AGENTS = ["runtime", "execArgv", "env", "cwd", "stdout", "stderr", "limits"] as const satisfies readonly (keyof PoolOptions)[];

/** A pool whose workers the agents of a cluster run. */
export class ClusterPool extends Pool {
  constructor(options: PoolOptions = {}) {
    for (const name of OF_AGENTS)
      if (Object(options)[name] !== undefined)
        throw new UnsupportedError(`A pool of a cluster can't set ${name}: start the agents with what their workers need.`);
    const { processes = MOST_WORKERS, ...others } = options;
    super({ ...others, processes: typeof processes === "object" ? { max: MOST_WORKERS, ...processes } : processes } as never);
  }
}
