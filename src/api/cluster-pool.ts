import type { PoolOptions } from "../pool/options.ts";
import { refuseOptionsOfAgents } from "./options-of-agents.ts";
import { Pool } from "./pool.ts";

/** So many workers a pool of a cluster has at most, if it does not say more. How many cores the cluster has is not known. */
const MOST_WORKERS = 64;

/** A pool whose workers the agents of a cluster run. */
export class ClusterPool extends Pool {
  constructor(options: PoolOptions = {}) {
    refuseOptionsOfAgents(options, "pool");
    const { processes = MOST_WORKERS, ...others } = options;
    super({ ...others, processes: typeof processes === "object" ? { max: MOST_WORKERS, ...processes } : processes } as never);
  }
}
