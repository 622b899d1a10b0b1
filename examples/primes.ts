// Counts primes with a Pool. The same file runs on many hosts if one line is changed: docs/guides/many-hosts.md shows which.
import * as polyproc from "../mod.ts";

const TASKS = 20;
const NUMBERS = 50_000;

/** The target: how many of the numbers that begin with `first` are primes. */
export function primesFrom(first: number): number {
  let count = 0;
  for (let n = first; n < first + NUMBERS; n++) if (isPrime(n)) count++;
  return count;
}

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false;
  return n > 1;
}

if (polyproc.isMain(import.meta)) {
  const mp = polyproc.getContext();
  await using pool = new mp.Pool();
  const firsts = Array.from({ length: TASKS }, (_, i) => i * NUMBERS);
  const counts = await pool.map(primesFrom, firsts, { chunkSize: 1, retries: 2 });
  console.log(`${counts.reduce((a, b) => a + b)} primes below ${TASKS * NUMBERS}`);
}
