import { setTimeout as delay } from "node:timers/promises";
import type { Pool, WorkerInfo } from "../../mod.ts";
import { statOf } from "../../tools/processes.ts";
import type { Random } from "../../tools/random.ts";
import type { PoolOracle } from "./oracle.ts";

// All times are in milliseconds.
const LOOK_EVERY = 2;
const MEAN_LIFE = 10;
const MEAN_STOP = 40;

export type Moment = "at work" | "while it was idle" | "while it started" | "while it was stopped";

function randomTime(random: Random, mean: number): number {
  return Math.min(-Math.log(1 - random.fraction()) * mean, 8 * mean);
}

/** Kills the workers of one pool at random moments. Half of its workers are ready at each kill, so that a killed one has company. */
export class Killer {
  readonly #pool: Pool;
  readonly #most: number;
  readonly #oracle: PoolOracle;
  readonly #random: Random;
  readonly #seen = new Set<number>();
  readonly #sent = new Set<number>();
  // Three deaths in a row before a worker is ready break a pool. So a worker that starts is killed only if another one was ready since the last time.
  #mayKillStarting = true;

  /** @param most the largest number of workers of the pool */
  constructor(pool: Pool, most: number, oracle: PoolOracle, random: Random) {
    this.#pool = pool;
    this.#most = most;
    this.#oracle = oracle;
    this.#random = random;
  }

  /** Kills until `budget` is empty. `killed` counts. */
  async run(budget: { left: number }, killed: (moment: Moment) => void): Promise<void> {
    while (budget.left > 0) {
      await delay(LOOK_EVERY);
      const ready = this.#ready();
      if (ready.length < this.#most / 2) continue;
      await delay(randomTime(this.#random, MEAN_LIFE));
      if (budget.left <= 0) return;
      budget.left--;
      const moment = await this.#killOne();
      if (moment === undefined) budget.left++;
      else killed(moment);
    }
  }

  #ready(): WorkerInfo[] {
    const ready = this.#pool.workers.filter(
      ({ pid, state }) => pid !== null && (state === "idle" || state === "busy") && !this.#sent.has(pid),
    );
    for (const { pid } of ready) {
      if (this.#seen.has(pid as number)) continue;
      this.#seen.add(pid as number);
      this.#mayKillStarting = true;
    }
    return ready;
  }

  async #killOne(): Promise<Moment | undefined> {
    const starting = this.#pool.workers.filter(({ pid, state }) => pid !== null && state === "starting" && !this.#sent.has(pid));
    const isStarting = this.#mayKillStarting && starting.length > 0 && this.#random.chance(0.15);
    const workers = isStarting ? starting : this.#ready();
    if (workers.length === 0) return undefined;
    const { pid, state } = this.#random.pick(workers) as { pid: number; state: WorkerInfo["state"] };
    let moment: Moment = isStarting ? "while it started" : state === "busy" ? "at work" : "while it was idle";
    if (isStarting) this.#mayKillStarting = false;
    if (this.#random.chance(0.15)) {
      if (!this.#signal(pid, "SIGSTOP")) return undefined;
      await delay(randomTime(this.#random, MEAN_STOP));
      if (this.#random.chance(0.5)) moment = "while it was stopped";
      else {
        if (!this.#signal(pid, "SIGCONT")) return undefined;
        await delay(randomTime(this.#random, MEAN_STOP));
      }
    }
    this.#oracle.killed(pid);
    this.#sent.add(pid);
    return this.#signal(pid, "SIGKILL") ? moment : undefined;
  }

  // A worker may have ended by itself, and its number may be that of another program then.
  #signal(pid: number, signal: NodeJS.Signals): boolean {
    if (statOf(pid)?.parent !== process.pid) return false;
    try {
      return process.kill(pid, signal);
    } catch {
      return false;
    }
  }
}
