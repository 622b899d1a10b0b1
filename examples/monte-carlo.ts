// Estimates pi with random points. Each task has a seed of its own, so that each run gives the same result.
import { cpuCount, isMain, Pool } from "../mod.ts";

const TASKS = 16;
const POINTS = 500_000;

/** The target: how many of the points lie in the quarter of a circle. */
export function hits(seed: number): number {
  const random = mulberry32(seed);
  let count = 0;
  for (let i = 0; i < POINTS; i++) if (random() ** 2 + random() ** 2 < 1) count++;
  return count;
}

/** A generator of random numbers from 0 to 1, the same on each runtime. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

if (isMain(import.meta)) {
  const pool = new Pool();
  try {
    const seeds = Array.from({ length: TASKS }, (_, i) => i + 1);
    const counts = await pool.map(hits, seeds);
    const sum = counts.reduce((a, b) => a + b);
    const pi = (4 * sum) / (TASKS * POINTS);
    const at = Math.min(TASKS, cpuCount());
    console.log(`${TASKS} tasks with ${POINTS} points each, up to ${at} at a time: pi is about ${pi.toFixed(4)}`);
  } finally {
    pool.terminate();
  }
}
