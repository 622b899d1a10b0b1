// How many times faster a pool hashes files than a loop does.
import { readFileSync } from "node:fs";
import { HashLoop, timed } from "./hash-loop.ts";
import { report } from "./measure.ts";

/** The first rounds start the processes, read the files from the disk, and let the engines compile. They do not count. */
const FIRST_ROUNDS = 8;
const MIN_ROUNDS = 5;

/** Measures a pool, whose `map` hashes files, for about `ms` milliseconds. `list` is the path of a list of files. */
export async function measureHash(map: (files: readonly string[]) => Promise<string[]>, list: string, ms: number): Promise<void> {
  const files = readFileSync(list, "utf8").trimEnd().split("\n");
  const speedUps: number[] = [];
  const loop = new HashLoop();
  let begin = performance.now();
  for (let round = 0; round < FIRST_ROUNDS + MIN_ROUNDS || performance.now() - begin < ms; round++) {
    if (round === FIRST_ROUNDS) begin = performance.now();
    const alone = await loop.run(files);
    const pooled = await timed(() => map(files));
    if (pooled.hashes.join() !== alone.hashes.join()) throw new Error("The hashes are wrong.");
    if (round >= FIRST_ROUNDS) speedUps.push(alone.took / pooled.took);
  }
  loop.end();
  report(speedUps);
}
