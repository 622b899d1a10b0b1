// A program that makes its pool outside of any guard. Each worker imports this module, and so makes a pool that is to have a worker at once.
import { isMain, Pool } from "../../mod.ts";

let isPrepared = false;

export function prepare(): void {
  isPrepared = true;
}

export function triple(x: number): number {
  if (!isPrepared) throw new Error("the initializer has not run");
  return 3 * x;
}

/** How many workers the pool of this process has, also those that are to start later. */
export function ownWorkers(): number {
  return pool.workers.length;
}

/** Lets the pool of this process do it. */
export function tripleBelow(x: number): Promise<number> {
  return pool.apply(triple, [x]);
}

const pool = new Pool({ processes: { min: 1, max: 1 }, initializer: prepare });

if (isMain(import.meta)) {
  const triples = await pool.map(triple, [1, 2, 3]);
  const workers = [pool.workers.length, await pool.apply(ownWorkers)];
  console.log(JSON.stringify({ triples, workers, below: await pool.apply(tripleBelow, [1]) }));
  pool.close();
  await pool.join();
}
