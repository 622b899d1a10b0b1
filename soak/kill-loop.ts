import { existsSync, readFileSync, statSync, unlinkSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type CommandOptions, Process } from "../mod.ts";
import type { Random } from "../tools/random.ts";
import type { Oracle, Role } from "./oracle.ts";
import { module, type Shared, type WorkerOptions } from "./workers.ts";

// All times are in milliseconds.
const LOOK_EVERY = 5;
const AT_WORK_WITHIN = 30_000;
const GONE_WITHIN = 10_000;
const SHORTEST_LIFE = 50;
const MEAN_STOP = 40;
const SIGKILLED = -9;

export type Moment = "at work" | "while it started" | "while it was stopped";

/** The state that all kill loops of a round share. */
export interface Round {
  readonly shared: Shared;
  readonly folder: string;
  readonly oracle: Oracle;
  readonly random: Random;
  /** The runtime and flags of the next worker. */
  nextCommand(): CommandOptions;
  nextId(): number;
  /** Whether as many workers were started as are to be killed. */
  isComplete(): boolean;
  /** Counts a kill. */
  killed(moment: Moment): void;
}

/** A random time: short mostly, and sometimes much longer than the mean. */
function randomTime(random: Random, mean: number): number {
  return Math.min(-Math.log(1 - random.fraction()) * mean, 8 * mean);
}

/** Runs one worker after another in the same role, and kills each at a random moment. */
export class KillLoop {
  readonly role: Role;
  readonly #round: Round;
  #log = "";
  #stopped = false;
  #bootTime = 300;

  constructor(role: Role, round: Round) {
    this.role = role;
    this.#round = round;
  }

  /** Whether the worker runs its own loop now. */
  get isAtWork(): boolean {
    return !this.#stopped && existsSync(this.#log);
  }

  /** How many bytes the worker has written to its log. */
  get written(): number {
    return statSync(this.#log, { throwIfNoEntry: false })?.size ?? 0;
  }

  async run(): Promise<void> {
    while (!this.#round.isComplete()) await this.#runWorker();
  }

  async #runWorker(): Promise<void> {
    const { shared, folder, oracle, random, nextCommand, nextId, killed } = this.#round;
    const id = nextId();
    const log = `${folder}/${this.role}-${id}`;
    const options: WorkerOptions = { id, log, seed: random.int(2 ** 32) };
    const worker = new Process({ target: { module, name: this.role }, args: [shared, options], ...nextCommand() });
    const begun = performance.now();
    await worker.start();
    this.#log = log;
    if (random.chance(0.1)) await this.#sleep(worker, random.fraction() * this.#bootTime);
    else {
      await this.#waitUntilAtWork(worker);
      this.#bootTime = 0.9 * this.#bootTime + 0.1 * (performance.now() - begun);
      // A worker is at work for as long as it took to get there. So half of all workers are at work at any time, and a killed one has company.
      await this.#sleep(worker, randomTime(random, Math.max(SHORTEST_LIFE, this.#bootTime)));
    }
    if (random.chance(0.15)) await this.#stop(worker);
    killed(this.#stopped ? "while it was stopped" : existsSync(log) ? "at work" : "while it started");
    worker.kill();
    const exitCode = await worker.join({ timeout: GONE_WITHIN });
    if (exitCode !== SIGKILLED) throw new Error(`${this.role} ${id} (pid ${worker.pid}) ended with ${exitCode} instead of being killed`);
    worker.close();
    this.#stopped = false;
    this.#log = "";
    oracle.addLog(this.role, id, existsSync(log) ? readFileSync(log, "latin1") : "");
    if (existsSync(log)) unlinkSync(log);
  }

  async #waitUntilAtWork(worker: Process): Promise<void> {
    const until = performance.now() + AT_WORK_WITHIN;
    while (!existsSync(this.#log)) {
      if (performance.now() > until) throw new Error(`${this.role} (pid ${worker.pid}) was not at work within ${AT_WORK_WITHIN} ms`);
      await this.#sleep(worker, LOOK_EVERY);
    }
  }

  /** Stops the worker. In half of all cases it continues a little later; else it is killed while it is stopped. */
  async #stop(worker: Process): Promise<void> {
    const { random } = this.#round;
    this.#stopped = true;
    process.kill(worker.pid as number, "SIGSTOP");
    await this.#sleep(worker, randomTime(random, MEAN_STOP));
    if (random.chance(0.5)) return;
    process.kill(worker.pid as number, "SIGCONT");
    this.#stopped = false;
    await this.#sleep(worker, randomTime(random, MEAN_STOP));
  }

  async #sleep(worker: Process, ms: number): Promise<void> {
    await delay(ms);
    if (!worker.isAlive()) throw new Error(`${this.role} (pid ${worker.pid}) ended by itself with ${worker.exitCode}`);
  }
}
