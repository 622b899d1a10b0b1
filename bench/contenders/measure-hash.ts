// How many times faster a pool hashes files than a loop in this process.
import { readFileSync } from "node:fs";
import { sha256 } from "./hash.ts";
import { report } from "./measure.ts";

const MIN_ROUNDS = 3;

async function timed(run: () => Promise<string[]> | string[]): Promise<{ took: number; hashes: string[] }> {
  const start = performance.now();
  const hashes = await run();
  return { took: performance.now() - start, hashes };
}

/** Measures a pool, whose `map` hashes files, for about `ms` milliseconds. `list` is the path of a list of files. */
export async function measureHash(map: (files: readonly string[]) => Promise<string[]>, list: string, ms: number): Promise<void> {
  const files = readFileSync(list, "utf8").trimEnd().split("\n");
  const speedUps: number[] = [];
  const begin = performance.now();
  while (speedUps.length <= MIN_ROUNDS || performance.now() - begin < ms) {
    const alone = await timed(() => files.map(sha256));
    const pooled = await timed(() => map(files));
    if (pooled.hashes.join() !== alone.hashes.join()) throw new Error("The hashes are wrong.");
    speedUps.push(alone.took / pooled.took);
  }
  // The first round starts the workers and reads the files from the disk.
  report(speedUps.slice(1));
}
