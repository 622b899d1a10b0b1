// The tasks of the soaked pools. Each notes when its function begins and when it is about to return.
import { setTimeout as delay } from "node:timers/promises";
import { type Connection, currentTask, type Queue } from "../../mod.ts";
import { type Item, isWhole, makeItem } from "../item.ts";
import { record } from "./records.ts";

/** The URL of this module, for the forkserver. */
export const module: URL = new URL(import.meta.url);

/** What one task is to do. */
export interface Job {
  readonly log: string;
  /** The number of the task in this soak. */
  readonly task: number;
  /** `compute` keeps the event loop busy, so that a task that is given up has to be killed. */
  readonly act: "return" | "throw" | "exit" | "kill" | "compute";
  /** How long it takes, in milliseconds. */
  readonly ms: number;
  readonly item: Item;
}

export interface Answer {
  readonly task: number;
  readonly attempt: number;
  readonly pid: number;
  readonly index: number | undefined;
  readonly item: Item;
}

/** What all tasks of a call share. */
export interface Common {
  readonly factor: number;
  readonly queue: Queue<number>;
}

let isInitialized = false;

export function initialize(): void {
  isInitialized = true;
}

function begin({ log, task, item }: Job): number {
  const attempt = currentTask()?.attempt ?? 0;
  record(log, "begins", task, attempt);
  if (!isWhole(item)) throw new Error(`the arguments of task ${task} are not as they were sent`);
  return attempt;
}

function end({ log, task }: Job, attempt: number): Answer {
  record(log, "ends", task, attempt);
  return { task, attempt, pid: process.pid, index: currentTask()?.index, item: makeItem(task % 7, task) };
}

function act({ act, log, task, ms }: Job): void {
  if (act === "throw") {
    record(log, "ends", task, currentTask()?.attempt ?? 0);
    throw new RangeError(`own error of task ${task}`);
  }
  if (act === "exit") process.exit(task % 3);
  if (act === "kill") process.kill(process.pid, "SIGKILL");
  if (act === "compute") for (const until = performance.now() + ms; performance.now() < until; );
}

export async function work(job: Job): Promise<Answer> {
  const attempt = begin(job);
  act(job);
  if (job.ms > 0) await delay(job.ms);
  return end(job, attempt);
}

/** Does not wait, so that many of them run in one turn of the event loop. */
export function workAtOnce(job: Job): Answer {
  const attempt = begin(job);
  act(job);
  return end(job, attempt);
}

export async function workInitialized(job: Job): Promise<Answer> {
  if (!isInitialized) throw new Error("the initializer has not run");
  return work(job);
}

/** Waits until it is given up, or for its time. */
export async function waitForSignal(job: Job): Promise<Answer> {
  const attempt = begin(job);
  await delay(job.ms, undefined, { signal: currentTask()?.signal as AbortSignal });
  return end(job, attempt);
}

export async function report(job: Job, count: number): Promise<Answer> {
  const attempt = begin(job);
  for (let i = 1; i <= count; i++) await currentTask()?.report(i);
  return end(job, attempt);
}

export async function put(job: Job, queue: Queue<number>): Promise<Answer> {
  const attempt = begin(job);
  await queue.put(job.task);
  return end(job, attempt);
}

export async function putCommon(job: Job, { factor, queue }: Common): Promise<Answer> {
  const attempt = begin(job);
  await queue.put(job.task * factor);
  return end(job, attempt);
}

export async function answer(job: Job, connection: Connection<number>): Promise<Answer> {
  const attempt = begin(job);
  await connection.send(job.task);
  return end(job, attempt);
}

export async function* give(job: Job, count: number): AsyncGenerator<number> {
  const attempt = begin(job);
  try {
    for (let i = 1; i <= count; i++) {
      if (job.ms > 0) await delay(job.ms);
      yield i;
    }
  } finally {
    end(job, attempt);
  }
}
