import type { RunRecord } from "./records.ts";

// In milliseconds. A worker that was stopped, or whose processor is busy, begins what it has later than its parent gave that up.
const GIVEN_UP_WITHIN = 2000;

/** What the parent heard of a task. */
export type Outcome =
  | { readonly is: "value"; readonly attempt: number; readonly pid: number }
  | { readonly is: "own error"; readonly pid: number }
  | { readonly is: "worker died"; readonly pid: number | undefined }
  /** By a timeout, a signal, `break`, the end of the pool, or because its call has failed. */
  | { readonly is: "given up"; readonly at: number }
  /** The pool has not taken it, and said so. */
  | { readonly is: "refused" };

/** A task as its caller knows it. */
export interface Asked {
  readonly task: number;
  readonly retries: number;
  readonly key: string | undefined;
  /** Whether the task itself ends its worker. */
  readonly isDeadly: boolean;
  readonly outcome: Outcome;
}

export interface Found {
  values: number;
  died: number;
  /** Of those that died: killed after they had begun for the pool, and before their function was called. */
  unseen: number;
  givenUp: number;
  ownErrors: number;
  refused: number;
  /** Values of tasks that had been lost with a worker before. */
  again: number;
}

/** Compares what the parent heard with what the tasks wrote down, and collects what is wrong. */
export class PoolOracle {
  readonly wrong: string[] = [];
  readonly #asked = new Map<number, Asked>();
  readonly #killed = new Set<number>();

  asked(task: Asked): void {
    if (this.#asked.has(task.task)) this.#fail(`task ${task.task} settled twice`);
    this.#asked.set(task.task, task);
  }

  /** A worker is going to be killed. */
  killed(pid: number): void {
    this.#killed.add(pid);
  }

  /** Compares everything. Call it once all workers are dead. */
  compare(records: readonly RunRecord[]): Found {
    const found: Found = { values: 0, died: 0, unseen: 0, givenUp: 0, ownErrors: 0, refused: 0, again: 0 };
    const runs = Map.groupBy(
      records.filter(({ kind }) => kind === "begins"),
      ({ task }) => task,
    );
    const ended = new Set(records.filter(({ kind }) => kind === "ends").map(({ task, attempt }) => `${task} ${attempt}`));
    for (const [task, each] of runs) {
      const asked = this.#asked.get(task);
      if (asked === undefined) this.#fail(`task ${task} ran, and nobody asked for it`);
      else if (asked.isDeadly) for (const { pid } of each) this.#killed.add(pid);
    }
    for (const asked of this.#asked.values()) {
      this.#checkRuns(asked, runs.get(asked.task) ?? []);
      this.#checkOutcome(asked, runs.get(asked.task) ?? [], ended, found);
    }
    this.#checkKeys(records, ended);
    return found;
  }

  // A task runs again only after its worker was killed, with the next number of its attempt, and as often as it may.
  #checkRuns({ task, retries }: Asked, runs: readonly RunRecord[]): void {
    let last = 0;
    for (const [i, { attempt, pid }] of runs.entries()) {
      if (attempt <= last) this.#fail(`task ${task} began with attempt ${attempt} after attempt ${last}`);
      if (attempt > retries + 1) this.#fail(`task ${task} began with attempt ${attempt}, although it may be run again ${retries} times`);
      if (i < runs.length - 1 && !this.#killed.has(pid)) this.#fail(`task ${task} ran again, although its worker ${pid} was not killed`);
      last = attempt;
    }
  }

  #checkOutcome({ task, retries, outcome }: Asked, runs: readonly RunRecord[], ended: ReadonlySet<string>, found: Found): void {
    const last = runs.at(-1);
    switch (outcome.is) {
      case "value":
        found.values++;
        if (outcome.attempt > 1) found.again++;
        if (last?.attempt !== outcome.attempt || last.pid !== outcome.pid)
          this.#fail(
            `task ${task} gave a result of attempt ${outcome.attempt} in ${outcome.pid}, and ran last as ${last?.attempt} in ${last?.pid}`,
          );
        if (!ended.has(`${task} ${outcome.attempt}`)) this.#fail(`task ${task} gave a result, although its function had not ended`);
        break;
      case "own error":
        found.ownErrors++;
        if (last?.pid !== outcome.pid) this.#fail(`task ${task} threw in worker ${outcome.pid}, and ran last in ${last?.pid}`);
        break;
      case "worker died":
        found.died++;
        if (outcome.pid === undefined || !this.#killed.has(outcome.pid))
          this.#fail(`task ${task} was lost with worker ${outcome.pid}, which was not killed`);
        if (last?.attempt !== retries + 1) found.unseen++;
        else if (last.pid !== outcome.pid) this.#fail(`task ${task} was lost with worker ${outcome.pid}, and ran last in ${last.pid}`);
        break;
      case "given up":
        found.givenUp++;
        if (last !== undefined && last.at > outcome.at + GIVEN_UP_WITHIN)
          this.#fail(`task ${task} began ${last.at - outcome.at} ms after it was given up`);
        break;
      case "refused":
        found.refused++;
        if (last !== undefined) this.#fail(`task ${task} was refused, and it ran`);
    }
  }

  // Tasks with the same key begin in order, and each one after the one before has ended, or was lost with its worker.
  #checkKeys(records: readonly RunRecord[], ended: ReadonlySet<string>): void {
    const before = new Map<string, RunRecord>();
    const seen = new Set<string>();
    for (const each of records) {
      if (each.kind === "ends") {
        seen.add(`${each.task} ${each.attempt}`);
        continue;
      }
      const key = this.#asked.get(each.task)?.key;
      if (key === undefined) continue;
      const last = before.get(key);
      before.set(key, each);
      if (last === undefined) continue;
      // It may be lost together with tasks that began after it. Then all of them run again.
      const isAgain = each.attempt > 1 && this.#killed.has(last.pid);
      if (each.task < last.task && !isAgain)
        this.#fail(
          `task ${each.task} (attempt ${each.attempt} in ${each.pid}) with key ${key} began after task ${last.task} (attempt ${last.attempt} in ${last.pid})`,
        );
      const run = `${last.task} ${last.attempt}`;
      if (!seen.has(run) && (ended.has(run) || !this.#killed.has(last.pid)))
        this.#fail(`task ${each.task} with key ${key} began before task ${last.task} had ended`);
    }
  }

  #fail(what: string): void {
    this.wrong.push(what);
  }
}
