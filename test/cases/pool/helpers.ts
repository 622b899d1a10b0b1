import { setTimeout as delay } from "node:timers/promises";
import { currentTask, Pool, type PoolOptions, type Queue } from "../../../mod.ts";

/** Makes a pool of two workers, and ends it after the test. A task that was given up has little time to end. */
export async function withPool(use: (pool: Pool) => Promise<void>, options: PoolOptions = {}): Promise<void> {
  const pool = new Pool({ processes: 2, taskGrace: 100, ...options });
  try {
    await use(pool);
  } finally {
    pool.terminate();
    await pool.join();
  }
}

export function typeName(x: unknown): string {
  return typeof x;
}

export function square(x: number): number {
  return x * x;
}

export function add(a: number, b: number): number {
  return a + b;
}

export async function pidAfter(ms: number): Promise<number> {
  await delay(ms);
  return process.pid;
}

export function pidOf(_x: number): number {
  return process.pid;
}

export async function doubled(x: number, options: { readonly by: number }): Promise<number> {
  return x * options.by;
}

/** Throws for 3. */
export function notThree(x: number): number {
  if (x === 3) throw new RangeError("three", { cause: new Error("because") });
  return x;
}

export function exit(code: number): void {
  process.exit(code);
}

/** Ends its worker for 3. */
export async function exitAtThree(x: number): Promise<number> {
  if (x === 3) process.exit(7);
  await delay(1);
  return x;
}

/** Ends its worker the first time that it runs. */
export async function exitFirst(queue: Queue<number>): Promise<number> {
  const attempt = currentTask()?.attempt ?? 0;
  await queue.put(attempt);
  if (attempt === 1) process.exit(1);
  return attempt;
}

export function spin(): void {
  for (;;);
}

/** Ends when it is given up, with the reason's message. */
export async function untilAborted(queue?: Queue<string>): Promise<void> {
  const signal = currentTask()?.signal as AbortSignal;
  await queue?.put("begun");
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  await queue?.put((signal.reason as Error).message);
}

export async function* countTo(n: number, queue?: Queue<string>): AsyncGenerator<number> {
  try {
    for (let i = 1; i <= n; i++) yield i;
  } finally {
    await queue?.put("ended");
  }
}

export function* words(): Generator<string> {
  yield "a";
  yield "b";
}

export async function failing(): Promise<void> {
  await delay(1);
  throw new TypeError("an initializer that fails");
}

let initialized = "";

export function initialize(text: string): void {
  initialized += text;
}

export function initializeBy({ text }: { readonly text: string }): void {
  initialize(text);
}

export function initializedWith(_x?: number): string {
  return initialized;
}

export async function reporting(count: number): Promise<string> {
  for (let i = 1; i <= count; i++) await currentTask()?.report(i);
  return "done";
}

export function taskFacts(_x: number): { id: number; index: number | undefined; attempt: number; worker: string } {
  const { id, index, attempt, worker } = currentTask() as NonNullable<ReturnType<typeof currentTask>>;
  return { id, index, attempt, worker };
}

export function isInTask(): boolean {
  return currentTask() !== undefined;
}

/** Throws after it has returned, as soon as another task runs. */
export function throwsLater(): string {
  const own = currentTask()?.id;
  setInterval(() => {
    if (currentTask() !== undefined && currentTask()?.id !== own) throw new Error("later");
  }, 5);
  return "returned";
}

export function returnsFunction(): unknown {
  return () => {};
}

export async function putAndWait(queue: Queue<number>, item: number, ms: number): Promise<number> {
  await queue.put(item);
  await delay(ms);
  return item;
}

/** Leaves pools open in each way. */
export async function leavePools(): Promise<number> {
  const pools = [new Pool({ processes: 1 }), new Pool({ processes: 1 }), new Pool({ processes: { min: 1, max: 1 } })] as const;
  const sums = await Promise.all(pools.map((pool) => pool.apply(add, [1, 2])));
  pools[0].terminate();
  pools[1].close();
  return sums.length;
}

export async function useOwnPool(): Promise<number[]> {
  const pool = new Pool({ processes: 2 });
  try {
    return await pool.map(square, [1, 2, 3]);
  } finally {
    pool.terminate();
    await pool.join();
  }
}
