// How many times faster a pool hashes files than a loop in this process.
import { isMain, Pool } from "../../../mod.ts";
import { sha256 } from "../hash.ts";

const MIN_ROUNDS = 3;

async function timed(run: () => Promise<string[]> | string[]): Promise<{ took: number; hashes: string[] }> {
  const start = performance.now();
  const hashes = await run();
  return { took: performance.now() - start, hashes };
}

if (isMain(import.meta)) {
  const { readFileSync } = await import("node:fs");
  const { report } = await import("../measure.ts");
  const { settings } = await import("../settings.ts");
  const given = settings({ files: "", workers: 2, ms: 1000 });
  const files = readFileSync(given.files, "utf8").trimEnd().split("\n");
  const pool = new Pool({ processes: given.workers });
  const speedUps: number[] = [];
  const begin = performance.now();
  while (speedUps.length <= MIN_ROUNDS || performance.now() - begin < given.ms) {
    const alone = await timed(() => files.map(sha256));
    const pooled = await timed(() => pool.map(sha256, files));
    if (pooled.hashes.join() !== alone.hashes.join()) throw new Error("The hashes are wrong.");
    speedUps.push(alone.took / pooled.took);
  }
  // The first round starts the workers and reads the files from the disk.
  report(speedUps.slice(1));
  process.exit();
}
