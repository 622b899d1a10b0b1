import { setTimeout as delay } from "node:timers/promises";
import { type ApplyOptions, ClosedError, EOFError, Full, Pipe, type Pool, Queue, TimeoutError, WorkerDiedError } from "../../mod.ts";
import { statOf } from "../../tools/processes.ts";
import type { Random } from "../../tools/random.ts";
import { isWhole, makeItem } from "../item.ts";
import type { Outcome, PoolOracle } from "./oracle.ts";
import * as tasks from "./tasks.ts";

// In milliseconds.
const SETTLES_WITHIN = 180_000;
const MOST_PAUSE = 5;

/** The error of a call that its caller, or the end of the pool, has given up. */
class Enough extends Error {}

export interface CallerContext {
  readonly pool: Pool;
  readonly oracle: PoolOracle;
  readonly random: Random;
  readonly log: string;
  readonly isInitialized: boolean;
  nextTask(): number;
  /** Whether `close` or `terminate` was called. */
  isClosed(): boolean;
}

type Options = Omit<ApplyOptions, "kwargs">;
type ErrorClass = abstract new (...args: never[]) => Error;

interface Ask {
  readonly job: tasks.Job;
  readonly retries: number;
  readonly key: string | undefined;
}

/** Makes random calls of a pool, one after another, and tells the oracle what became of each task. */
export class Caller {
  readonly #context: CallerContext;
  readonly #random: Random;
  /** The longest time that a call took, in milliseconds. */
  longest = 0;
  calls = 0;

  constructor(context: CallerContext) {
    this.#context = context;
    this.#random = context.random;
  }

  /** Calls until the pool is closed. */
  async run(): Promise<void> {
    const kinds = [
      () => this.#apply(),
      () => this.#many(),
      () => this.#keyed(),
      () => this.#map(),
      () => this.#settledMap(),
      () => this.#imap(),
      () => this.#iterate(),
      () => this.#report(),
      () => this.#queue(),
      () => this.#transfer(),
      () => this.#common(),
    ];
    while (!this.#context.isClosed()) {
      const kind = this.#random.pick(kinds);
      const begun = performance.now();
      const limit = new AbortController();
      const late = delay(SETTLES_WITHIN, undefined, { signal: limit.signal }).then(
        () => {
          const { pool } = this.#context;
          const workers = pool.workers.map((worker) => ({ ...worker, process: statOf(worker.pid ?? 0)?.state }));
          const state = JSON.stringify([pool.stats(), workers]);
          throw new Error(`A call has not settled within ${SETTLES_WITHIN} ms: ${kind}\n${state}`);
        },
        () => {},
      );
      await Promise.race([kind(), late]);
      limit.abort();
      this.calls++;
      this.longest = Math.max(this.longest, performance.now() - begun);
      await delay(this.#random.fraction() * MOST_PAUSE);
    }
  }

  #ask(act: tasks.Job["act"], { ms = 0, retries = 0, key }: { ms?: number; retries?: number; key?: string } = {}): Ask {
    const task = this.#context.nextTask();
    return { job: { log: this.#context.log, task, act, ms, item: makeItem(task % 7, task) }, retries, key };
  }

  #settle({ job, retries, key }: Ask, outcome: Outcome): void {
    this.#context.oracle.asked({ task: job.task, retries, key, isDeadly: job.act === "exit" || job.act === "kill", outcome });
  }

  #givenUp(asks: Iterable<Ask>): void {
    for (const ask of asks) this.#settle(ask, { is: "given up", at: Date.now() });
  }

  #wrong(what: string): void {
    this.#context.oracle.wrong.push(what);
  }

  #value(ask: Ask, answer: tasks.Answer, index?: number): void {
    const { task, attempt, pid } = answer;
    if (task !== ask.job.task) this.#wrong(`task ${ask.job.task} gave the result of task ${task}`);
    if (!isWhole(answer.item)) this.#wrong(`the result of task ${task} is not as it was sent`);
    if (answer.index !== index) this.#wrong(`task ${task} has the index ${index}, and was told ${answer.index}`);
    this.#settle(ask, { is: "value", attempt, pid });
  }

  // Tells what an error means for the task to which it belongs.
  #error(ask: Ask, error: unknown, mayBe: readonly ErrorClass[] = []): void {
    const { task, act } = ask.job;
    if (error instanceof WorkerDiedError) this.#settle(ask, { is: "worker died", pid: error.pid });
    else if (act === "throw" && error instanceof RangeError && error.message === `own error of task ${task}`)
      this.#settle(ask, { is: "own error", pid: (error as { remote?: { pid: number } }).remote?.pid ?? 0 });
    else if (error instanceof Full && mayBe.includes(Full)) this.#settle(ask, { is: "refused" });
    else if (mayBe.some((Class) => error instanceof Class) || (error instanceof ClosedError && this.#context.isClosed()))
      this.#givenUp([ask]);
    else {
      this.#wrong(`task ${task} rejected: ${error instanceof Error ? error.stack : error}`);
      this.#givenUp([ask]);
    }
  }

  /** The index of the task whose error a map rejected with. */
  #indexOf(error: unknown): number | undefined {
    const { index, remote } = error as { index?: number; remote?: { index?: number } };
    return error instanceof WorkerDiedError ? index : remote?.index;
  }

  // A map has rejected: one of its tasks has that error, and the others are given up.
  #mapError(asks: readonly Ask[], error: unknown, mayBe: readonly ErrorClass[]): void {
    const index = this.#indexOf(error);
    const failed = index === undefined ? undefined : asks[index];
    if (failed === undefined) {
      const [first, ...others] = asks;
      if (first !== undefined) this.#error(first, error, mayBe);
      this.#givenUp(others);
      return;
    }
    this.#error(failed, error, mayBe);
    this.#givenUp(asks.filter((ask) => ask !== failed));
  }

  #retries(): number {
    return this.#random.chance(0.3) ? this.#random.int(4) : 0;
  }

  #act(): tasks.Job["act"] {
    if (this.#random.chance(0.03)) return "throw";
    return this.#random.chance(0.005) ? this.#random.pick(["exit", "kill"]) : "return";
  }

  /** One call, which may be given up. */
  async #apply(): Promise<void> {
    const random = this.#random;
    const retries = this.#retries();
    const ms = random.fraction() * 40;
    const limit = random.fraction() * 40;
    const how = random.int(7);
    const base = { retries, ...(random.chance(0.1) ? { block: false } : {}) };
    const options: Options = [
      base,
      base,
      base,
      { ...base, timeout: limit },
      { ...base, taskTimeout: limit },
      { ...base, signal: this.#signal(limit) },
      { ...base, signal: this.#signal(limit) },
    ][how] as Options;
    const ask = this.#ask(how >= 3 && random.chance(0.1) ? "compute" : this.#act(), { retries, ms });
    const target = this.#context.isInitialized ? tasks.workInitialized : how === 6 ? tasks.waitForSignal : tasks.work;
    await this.#one(ask, target, options, [Full, ...(how === 3 || how === 4 ? [TimeoutError] : []), ...(how > 4 ? [Enough] : [])]);
  }

  async #one(
    ask: Ask,
    target: (job: tasks.Job) => tasks.Answer | Promise<tasks.Answer>,
    options: Options,
    mayBe: readonly ErrorClass[],
  ): Promise<void> {
    try {
      this.#value(ask, await this.#context.pool.apply(target, [ask.job], options));
    } catch (error) {
      this.#error(ask, error, mayBe);
    }
  }

  #signal(ms: number): AbortSignal {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Enough("enough")), ms);
    return controller.signal;
  }

  /** Many small calls at once, which go to the workers together. Some are given up together. */
  async #many(): Promise<void> {
    const retries = this.#retries();
    const isGivenUp = this.#random.chance(0.3);
    const signal = isGivenUp ? { signal: this.#signal(this.#random.fraction() * 10) } : {};
    const asks = Array.from({ length: 1 + this.#random.int(60) }, () => this.#ask(this.#act(), { retries }));
    await Promise.all(asks.map((ask) => this.#one(ask, tasks.workAtOnce, { retries, ...signal }, isGivenUp ? [Enough] : [])));
  }

  async #keyed(): Promise<void> {
    const key = `key ${this.#random.int(3)}`;
    const retries = this.#retries();
    const asks = Array.from({ length: 1 + this.#random.int(10) }, () => this.#ask(this.#act(), { retries, key, ms: this.#random.int(3) }));
    await Promise.all(asks.map((ask) => this.#one(ask, tasks.work, { retries, key }, [])));
  }

  #asks(retries: number): Ask[] {
    const [most, ms] = this.#random.pick([
      [100, 0],
      [20, 3],
    ] as const);
    return Array.from({ length: this.#random.int(most) }, () =>
      this.#ask(this.#random.chance(0.2) ? this.#act() : "return", { retries, ms }),
    );
  }

  async #map(): Promise<void> {
    const random = this.#random;
    const retries = this.#retries();
    const asks = this.#asks(retries);
    const limit = random.chance(0.2) ? { timeout: random.fraction() * 60 } : {};
    const chunk = random.chance(0.5) ? { chunkSize: 1 + random.int(10) } : {};
    let before = 0;
    const onProgress = (done: number): void => {
      if (done <= before) this.#wrong(`onProgress heard ${done} after ${before}`);
      before = done;
    };
    try {
      const jobs = asks.map(({ job }) => job);
      const elements = random.chance(0.3) ? new Set(jobs).values() : jobs;
      const answers = await this.#context.pool.map(tasks.work, elements, { retries, onProgress, ...limit, ...chunk });
      if (answers.length !== asks.length) this.#wrong(`a map over ${asks.length} elements gave ${answers.length} results`);
      for (const [i, ask] of asks.entries()) this.#value(ask, answers[i] as tasks.Answer, i);
    } catch (error) {
      this.#mapError(asks, error, [TimeoutError]);
    }
  }

  /** A map each of whose tasks settles by itself. */
  async #settledMap(): Promise<void> {
    const random = this.#random;
    const retries = this.#retries();
    const asks = this.#asks(retries);
    const isLimited = random.chance(0.3);
    const limit = isLimited ? { taskTimeout: 1 + random.fraction() * 20 } : {};
    const options = { settle: true, retries, chunkSize: 1 + random.int(10), ...limit } as const;
    try {
      const elements = asks.map(({ job }) => job);
      const outcomes = await this.#context.pool.map(tasks.work, elements, options);
      for (const [i, ask] of asks.entries()) {
        const outcome = outcomes[i] as PromiseSettledResult<tasks.Answer>;
        if (outcome.status === "fulfilled") this.#value(ask, outcome.value, i);
        else {
          const { reason } = outcome;
          if (!(reason instanceof TimeoutError) && this.#indexOf(reason) !== i)
            this.#wrong(`element ${i} has an error of element ${this.#indexOf(reason)}`);
          this.#error(ask, reason, isLimited ? [TimeoutError] : []);
        }
      }
    } catch (error) {
      this.#mapError(asks, error, []);
    }
  }

  /** `imap` or `imapUnordered`, of a source that may have no end. */
  async #imap(): Promise<void> {
    const random = this.#random;
    const retries = this.#retries();
    const isOrdered = random.chance(0.5);
    const length = random.chance(0.2) ? Number.POSITIVE_INFINITY : random.int(100);
    const most = random.chance(0.3) || length === Number.POSITIVE_INFINITY ? random.int(100) : Number.POSITIVE_INFINITY;
    const asks: Ask[] = [];
    const open = new Map<number, number>();
    const source = function* (this: Caller): Generator<tasks.Job> {
      while (asks.length < length) {
        const ask = this.#ask(random.chance(0.05) ? this.#act() : "return", { retries, ms: random.chance(0.1) ? 2 : 0 });
        open.set(ask.job.task, asks.length);
        asks.push(ask);
        yield ask.job;
      }
    }.call(this);
    const options = { retries, ...(random.chance(0.5) ? { chunkSize: 1 + random.int(5) } : {}) };
    const left = (): Ask[] => [...open.values()].map((index) => asks[index] as Ask);
    try {
      const { pool } = this.#context;
      let count = 0;
      for await (const answer of isOrdered ? pool.imap(tasks.work, source, options) : pool.imapUnordered(tasks.work, source, options)) {
        const index = open.get(answer.task);
        if (index === undefined) {
          this.#wrong(`imap gave the result of task ${answer.task} twice, or of another call`);
          continue;
        }
        if (isOrdered && index !== count) this.#wrong(`imap gave the result of element ${index} at place ${count}`);
        open.delete(answer.task);
        this.#value(asks[index] as Ask, answer, index);
        if (++count >= most) break;
      }
      if (count < most && open.size > 0) this.#wrong(`imap ended, and ${open.size} results are missing`);
      this.#givenUp(left());
    } catch (error) {
      const index = this.#indexOf(error);
      const failed = index === undefined ? undefined : asks[index];
      if (failed !== undefined && open.has(failed.job.task)) {
        open.delete(failed.job.task);
        this.#error(failed, error);
      } else if (!(error instanceof ClosedError && this.#context.isClosed())) this.#wrong(`imap rejected: ${(error as Error).stack}`);
      this.#givenUp(left());
    }
  }

  async #iterate(): Promise<void> {
    const random = this.#random;
    const ask = this.#ask("return", { ms: random.chance(0.3) ? 1 : 0 });
    const length = random.int(40);
    const most = random.chance(0.3) ? random.int(20) + 1 : Number.POSITIVE_INFINITY;
    try {
      let before = 0;
      const lookAhead = 1 + random.int(20);
      for await (const value of this.#context.pool.iterate(tasks.give, [ask.job, length], { lookAhead })) {
        if (value !== before + 1) this.#wrong(`iterate gave ${value} after ${before}`);
        before = value;
        if (before >= most) break;
      }
      if (before !== length && before < most) this.#wrong(`iterate gave ${before} of ${length} values`);
      this.#givenUp([ask]);
    } catch (error) {
      this.#error(ask, error);
    }
  }

  async #report(): Promise<void> {
    const retries = this.#retries();
    const count = this.#random.int(10);
    const ask = this.#ask("return", { retries });
    const heard: number[] = [];
    try {
      const onReport = (value: unknown): void => void heard.push(value as number);
      const answer = await this.#context.pool.apply(tasks.report, [ask.job, count], { retries, onReport });
      this.#value(ask, answer);
      // Earlier attempts may have reported, too.
      if (heard.slice(heard.length - count).some((value, i) => value !== i + 1) || (retries === 0 && heard.length !== count))
        this.#wrong(`task ${ask.job.task} reported 1 to ${count}, and onReport heard ${heard}`);
    } catch (error) {
      this.#error(ask, error);
    }
  }

  /** A shared object is inside the arguments. */
  async #queue(): Promise<void> {
    const retries = this.#retries();
    const ask = this.#ask("return", { retries });
    using queue = new Queue<number>();
    try {
      const answer = await this.#context.pool.apply(tasks.put, [ask.job, queue], { retries });
      if ((await queue.get({ timeout: SETTLES_WITHIN })) !== ask.job.task)
        this.#wrong(`the queue of task ${ask.job.task} has another item`);
      this.#value(ask, answer);
    } catch (error) {
      this.#error(ask, error);
    }
  }

  /** The worker becomes the only process that has an end of a pipe. */
  async #transfer(): Promise<void> {
    const ask = this.#ask("return");
    const [ours, theirs] = Pipe<number>();
    const received = ours.recv().then(
      (value) => value,
      (error: unknown) => error,
    );
    try {
      const answer = await this.#context.pool.apply(tasks.answer, [ask.job, theirs], { transfer: [theirs] });
      if ((await received) !== ask.job.task) this.#wrong(`the pipe of task ${ask.job.task} gave ${await received}`);
      this.#value(ask, answer);
    } catch (error) {
      this.#error(ask, error);
      // A pool that is closed has not taken it.
      theirs.close();
      const last = await received;
      if (last !== ask.job.task && !(last instanceof EOFError)) this.#wrong(`the pipe of a task that is lost gave ${last}`);
    } finally {
      ours.close();
    }
  }

  /** The elements of a map share an object with a shared object inside. */
  async #common(): Promise<void> {
    const retries = this.#retries();
    const asks = Array.from({ length: 1 + this.#random.int(20) }, () => this.#ask("return", { retries }));
    using queue = new Queue<number>();
    try {
      const elements = asks.map(({ job }) => job);
      const answers = await this.#context.pool.map(tasks.putCommon, elements, { retries, kwargs: { factor: -1, queue } });
      for (const [i, ask] of asks.entries()) this.#value(ask, answers[i] as tasks.Answer, i);
      if ((await queue.qsize()) < asks.length) this.#wrong(`${asks.length} tasks put an item each, and ${await queue.qsize()} are there`);
    } catch (error) {
      this.#mapError(asks, error, []);
    }
  }
}
