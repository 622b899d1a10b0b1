// Pools at the top level of a module whose functions are their own tasks. Each process that imports the module makes them.
import { Pool } from "../../../mod.ts";

export const own: Pool = new Pool({ processes: 1, name: "own" });

export function square(x: number): number {
  return x * x;
}

/** How many workers the pool of this process has. */
export function ownWorkers(): number {
  return own.workers.length;
}

/** Squares a number in a worker that is so many levels below this process. Each level uses the pool of its own process. */
export async function squareBelow(x: number, levels: number): Promise<number> {
  return levels === 0 ? square(x) : own.apply(squareBelow, [x, levels - 1]);
}

export function returnsPool(): Pool {
  return own;
}

export function throwsPool(): void {
  throw Object.assign(new RangeError("with a pool"), { own });
}
