// Hashes the files of a folder and finds those with the same contents. A terminal shows a progress bar.
import { createHash } from "node:crypto";
import { createReadStream, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { SingleBar } from "cli-progress";
import { isMain, Pool } from "../mod.ts";

/** The target: the hash and the size of a file. It reads piece by piece, so that a large file needs no large memory. */
export async function hashFile(path: string): Promise<{ hash: string; bytes: number }> {
  const hash = createHash("sha256");
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  await pipeline(file, hash);
  return { hash: hash.digest("hex"), bytes: file.bytesRead };
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

if (isMain(import.meta)) {
  const files = filesIn(resolve(process.argv[2] ?? import.meta.dirname)).sort();
  // Where there is no terminal, it shows nothing.
  const bar = new SingleBar({ format: "[{bar}] {value}/{total} files", barsize: 30, clearOnComplete: true });
  const pool = new Pool();
  bar.start(files.length, 0);
  try {
    const hashes = await pool.map(hashFile, files, { onProgress: (done) => bar.update(done) });
    bar.stop();
    const same = Map.groupBy(files, (_, i) => hashes[i]?.hash);
    for (const [hash, [first, ...others]] of same)
      if (others.length > 0) console.log(`${hash?.slice(0, 8)}: ${[first, ...others].join(", ")}`);
    const bytes = hashes.reduce((sum, each) => sum + each.bytes, 0);
    console.log(`${files.length} files, ${bytes} bytes, ${same.size} different contents`);
  } finally {
    bar.stop();
    pool.terminate();
  }
}
