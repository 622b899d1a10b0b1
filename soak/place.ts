import { existsSync, readFileSync, statSync, unlinkSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type CommandOptions, Process } from "../mod.ts";
import type { Oracle, Role } from "./oracle.ts";
import { moment, type Random } from "./random.ts";
import { module, type Own, type Shared } from "./workers.ts";

const LOOK_EVERY = 5;
const AT_WORK_WITHIN = 30_000;
const GONE_WITHIN = 10_000;
const SHORTEST_LIFE = 50;
const MEAN_STOP = 40;
const SIGKILLED = -9;

export interface Killing {
  readonly shared: Shared;
  readonly folder: string;
  readonly oracle: Oracle;
  readonly random: Random;
  /** What else the next worker is started with. */
  command(): CommandOptions;
  nextId(): number;
  /** Whether as many workers were started as are to be killed. */
  enough(): boolean;
  killed(how: "at work" | "while it started" | "while it was stopped"): void;
}

/** One worker after another in the same role, each killed at a random moment. */
export class Place {
  readonly role: Role;
  readonly #killing: Killing;
  #log = "";
  #stopped = false;
  #bootTime = 300;

  constructor(role: Role, killing: Killing) {
    this.role = role;
    this.#killing = killing;
  }

  /** Whether its worker runs its loop. */
  get isAtWork(): boolean {
    return !this.#stopped && existsSync(this.#log);
  }

  /** How much its worker has written down. */
  get written(): number {
    return statSync(this.#log, { throwIfNoEntry: false })?.size ?? 0;
  }

  async run(): Promise<void> {
    while (!this.#killing.enough()) await this.#live();
  }

  async #live(): Promise<void> {
    const { shared, folder, oracle, random, command, nextId, killed } = this.#killing;
    const id = nextId();
    const log = `${folder}/${this.role}-${id}`;
    const own: Own = { id, log, seed: Math.floor(random() * 2 ** 32) };
    const worker = new Process({ target: { module, name: this.role }, args: [shared, own], ...command() });
    const begun = performance.now();
    await worker.start();
    this.#log = log;
    if (random() < 0.1) await this.#sleep(worker, random() * this.#bootTime);
    else {
      await this.#atWork(worker);
      this.#bootTime = 0.9 * this.#bootTime + 0.1 * (performance.now() - begun);
      // As long at work as it took to get there: at any time half of all are, so that those killed have company.
      await this.#sleep(worker, moment(random, Math.max(SHORTEST_LIFE, this.#bootTime)));
    }
    if (random() < 0.15) await this.#stop(worker);
    killed(this.#stopped ? "while it was stopped" : existsSync(log) ? "at work" : "while it started");
    worker.kill();
    const exitCode = await worker.join({ timeout: GONE_WITHIN });
    if (exitCode !== SIGKILLED) throw new Error(`${this.role} ${id} (pid ${worker.pid}) ended with ${exitCode} instead of being killed`);
    worker.close();
    this.#stopped = false;
    this.#log = "";
    oracle.take(this.role, id, existsSync(log) ? readFileSync(log, "latin1") : "");
    if (existsSync(log)) unlinkSync(log);
  }

  async #atWork(worker: Process): Promise<void> {
    const until = performance.now() + AT_WORK_WITHIN;
    while (!existsSync(this.#log)) {
      if (performance.now() > until) throw new Error(`${this.role} (pid ${worker.pid}) was not at work within ${AT_WORK_WITHIN} ms`);
      await this.#sleep(worker, LOOK_EVERY);
    }
  }

  async #stop(worker: Process): Promise<void> {
    this.#stopped = true;
    process.kill(worker.pid as number, "SIGSTOP");
    await this.#sleep(worker, moment(this.#killing.random, MEAN_STOP));
    if (this.#killing.random() < 0.5) return;
    process.kill(worker.pid as number, "SIGCONT");
    this.#stopped = false;
    await this.#sleep(worker, moment(this.#killing.random, MEAN_STOP));
  }

  async #sleep(worker: Process, ms: number): Promise<void> {
    await delay(ms);
    if (!worker.isAlive()) throw new Error(`${this.role} (pid ${worker.pid}) ended by itself with ${worker.exitCode}`);
  }
}
