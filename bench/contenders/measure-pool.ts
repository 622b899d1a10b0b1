// What all pools are measured by: how many tasks a second, how long one takes, and how long a pool takes to start.
import { rate, roundTrip } from "./measure.ts";

/** How many tasks wait at the same time. */
const WAVE = 10_000;
const MILLION = 1_000_000;
const MIB = 1 << 20;

/** A pool of workers, with the calls that are measured. */
export interface MeasuredPool {
  addOne(x: number): Promise<number>;
  echo(bytes: Uint8Array): Promise<Uint8Array>;
  /** Adds one to each number, with chunks of one number. */
  mapSingly(numbers: readonly number[]): Promise<readonly number[]>;
  /** The same with chunks as large as the pool likes. */
  map(numbers: readonly number[]): Promise<readonly number[]>;
  end(): Promise<unknown>;
}

export interface PoolSettings {
  /** What is measured: map, applies, apply, start, numbers or bytes. */
  readonly what: string;
  readonly workers: number;
  readonly ms: number;
  readonly pause: number;
  readonly samples: number;
  readonly starts: number;
}

/** The settings of a program that measures a pool, with their defaults. */
export const defaults = { what: "map", workers: 2, ms: 1000, pause: 0, samples: 31, starts: 11 };

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function check(numbers: readonly number[], results: readonly number[]): void {
  const isRight = results.length === numbers.length && results.every((result, i) => result === (numbers[i] ?? Number.NaN) + 1);
  if (!isRight) throw new Error("The results are wrong.");
}

/** The rate a second of `run`, which takes up to `most` numbers at once. */
async function numbersRate(run: (numbers: readonly number[]) => Promise<readonly number[]>, most: number, ms: number): Promise<number> {
  const all = range(most);
  const pass = async (count: number): Promise<number> => {
    for (let left = count; left > 0; left -= most) {
      const numbers = left < most ? all.slice(0, left) : all;
      check(numbers, await run(numbers));
    }
    return count;
  };
  return rate(pass, ms);
}

async function startTimes(make: () => MeasuredPool, { workers, starts }: PoolSettings): Promise<number[]> {
  const numbers = range(workers);
  const times: number[] = [];
  for (let i = 0; i < starts; i++) {
    const begin = performance.now();
    const pool = make();
    const results = await pool.mapSingly(numbers);
    times.push(performance.now() - begin);
    check(numbers, results);
    await pool.end();
  }
  // The first start counts only if it is the only one.
  return starts === 1 ? times : times.slice(1);
}

async function addOneOnce(pool: MeasuredPool): Promise<void> {
  if ((await pool.addOne(1)) !== 2) throw new Error("The result is wrong.");
}

async function echoAll(pool: MeasuredPool, count: number): Promise<number> {
  const bytes = new Uint8Array(MIB).fill(7);
  for (let i = 0; i < count; i++) {
    bytes[0] = i;
    bytes[MIB - 1] = i;
    const { length, 0: first, [MIB - 1]: last } = await pool.echo(bytes);
    if (length !== MIB || first !== bytes[0] || last !== bytes[MIB - 1]) throw new Error("The result is wrong.");
  }
  return count;
}

async function mapMillions(pool: MeasuredPool, count: number): Promise<number> {
  const numbers = range(MILLION);
  for (let i = 0; i < count; i++) check(numbers, await pool.map(numbers));
  return count;
}

/**
 * Measures a pool: tasks or numbers a second, MiB a second there and back, microseconds of a task, or milliseconds of a start. The caller ends
 * its process afterwards, and the pool with it.
 */
export async function measurePool(make: () => MeasuredPool, settings: PoolSettings): Promise<number | number[]> {
  const { what, ms } = settings;
  if (what === "start") return startTimes(make, settings);
  const pool = make();
  if (what === "map") return numbersRate((numbers) => pool.mapSingly(numbers), WAVE, ms);
  if (what === "applies") return numbersRate((numbers) => Promise.all(numbers.map((x) => pool.addOne(x))), WAVE, ms);
  if (what === "apply") return roundTrip(() => addOneOnce(pool), settings);
  if (what === "numbers") return MILLION * (await rate((count) => mapMillions(pool, count), ms, 1));
  if (what === "bytes") return 2 * (await rate((count) => echoAll(pool, count), ms, 1));
  throw new Error(`There is nothing to measure by the name ${what}.`);
}
