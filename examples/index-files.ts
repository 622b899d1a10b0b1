// Counts the words in the text files of a folder with a Pool. A task counts the words of some files; the counts are added up as they come.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { cpuCount, getContext, isMain, type Pool, type PoolStats } from "../mod.ts";

const TEXT = /\.(mdx?|txt|json|[cm]?[jt]s)$/;
const LEAST_BYTES = 1 << 18;
/** A task whose worker has died runs again so often. Counting twice does no harm: the count of a worker that has died never comes. */
const RETRIES = 3;

/** The counts of one task, or of all. */
export interface Index {
  readonly words: Map<string, number>;
  readonly files: number;
  readonly bytes: number;
}

/** The target: counts the words in some files. */
export function indexFiles(files: readonly string[]): Index {
  const words = new Map<string, number>();
  let bytes = 0;
  for (const file of files) {
    const content = readFileSync(file);
    bytes += content.length;
    for (const word of content
      .toString("utf8")
      .toLowerCase()
      .match(/\p{L}{2,}/gu) ?? [])
      words.set(word, (words.get(word) ?? 0) + 1);
  }
  return { words, files: files.length, bytes };
}

/**
 * The text files in a folder, in batches. The counts of a large batch have each frequent word only once, so that less is sent and added up. The
 * batches get smaller, so that no worker has much left to do when the others are done.
 */
export function batchesIn(folder: string, processes: number = cpuCount()): string[][] {
  const files = textFiles(folder).map((path) => ({ path, bytes: statSync(path).size }));
  if (files.length === 0) throw new Error(`There is no text or source file in ${folder}: name another folder.`);
  let left = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const batches: string[][] = [];
  let room = 0;
  for (const { path, bytes } of files) {
    if (room <= 0) {
      batches.push([]);
      room = Math.max(LEAST_BYTES, left / (2 * processes));
    }
    batches.at(-1)?.push(path);
    room -= bytes;
    left -= bytes;
  }
  return batches;
}

function textFiles(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return textFiles(path);
    return entry.isFile() && TEXT.test(entry.name) ? [path] : [];
  });
}

/** What was counted, and how. */
export interface Counted {
  readonly counts: Index;
  /** The milliseconds that it took, once all workers had started and were warm. */
  readonly ms: number;
  readonly stats: PoolStats;
}

/**
 * Counts the words with a pool of `mp`: `getContext()` gives one of this machine, and `connectCluster()` one whose workers run on many hosts.
 * `progress` is called with the number of batches that are done.
 */
export async function countWords(
  mp: { readonly Pool: typeof Pool },
  batches: readonly string[][],
  processes: number,
  progress: (done: number) => void,
): Promise<Counted> {
  const pool = new mp.Pool({ processes: { min: processes, max: processes } });
  try {
    await warmUp(pool, batches.at(-1) ?? [], processes);
    const start = performance.now();
    const counts = await index(pool, batches, progress);
    return { counts, ms: performance.now() - start, stats: pool.stats() };
  } finally {
    pool.terminate();
    await pool.join();
  }
}

async function index(pool: Pool, batches: readonly string[][], progress: (done: number) => void): Promise<Index> {
  const words = new Map<string, number>();
  let [files, bytes] = [0, 0];
  for await (const part of pool.imapUnordered(indexFiles, batches, { chunkSize: 1, retries: RETRIES, onProgress: progress })) {
    for (const [word, count] of part.words) words.set(word, (words.get(word) ?? 0) + count);
    files += part.files;
    bytes += part.bytes;
  }
  return { words, files, bytes };
}

/** Runs tasks until each worker has done one: then all have started, and have compiled the target. */
async function warmUp(pool: Pool, files: readonly string[], processes: number): Promise<void> {
  do await pool.map(indexFiles, Array(processes).fill(files), { chunkSize: 1, retries: RETRIES });
  while (pool.workers.some(({ done }) => done === 0));
}

/** Shows the progress of a run. It is called with the title and the total, and returns what is called with the number that is done. */
export type ShowProgress = (title: string, total: number) => (done: number) => void;

export const printQuarters: ShowProgress = (title, total) => {
  let quarter = 0;
  return (done) => {
    if (Math.floor((4 * done) / total) <= quarter) return;
    quarter = Math.floor((4 * done) / total);
    console.log(`${title}: ${done} of ${total} batches of files`);
  };
};

/** The words, the most frequent ones first, and a hash of all of them and their counts. */
export function sorted(words: ReadonlyMap<string, number>): {
  readonly list: readonly (readonly [string, number])[];
  readonly digest: string;
} {
  const list = [...words].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return { list, digest: createHash("sha256").update(JSON.stringify(list)).digest("hex") };
}

export interface Result {
  readonly files: number;
  readonly words: number;
  readonly top: readonly (readonly [string, number])[];
  /** A hash of all words and their counts. */
  readonly digest: string;
  /** The milliseconds that one process took, and one process for each core, once they had started and were warm. */
  readonly oneMs: number;
  readonly allMs: number;
}

/** Counts the words with one process and with one process for each core, and prints what it found and how long it took. */
export async function main(folder: string, showProgress: ShowProgress = printQuarters): Promise<Result> {
  const batches = batchesIn(folder);
  // Both runs find the files in the page cache, so the first run does not pay for the disk.
  for (const file of batches.flat()) readFileSync(file);
  const mp = getContext();
  const timed = (title: string, processes: number): Promise<Counted> =>
    countWords(mp, batches, processes, showProgress(title, batches.length));
  const cores = cpuCount();
  const one = await timed("1 process", 1);
  const all = await timed(`${cores} processes`, cores);
  const { files, bytes, words } = all.counts;
  const { list, digest } = sorted(words);
  const result = { files, words: list.length, top: list.slice(0, 10), digest, oneMs: one.ms, allMs: all.ms };
  console.log("\nThe ten most frequent words:");
  for (const [word, count] of result.top) console.log(`  ${word.padEnd(12)} ${count}`);
  const mebibytes = (bytes / 2 ** 20).toFixed(1);
  console.log(`\n${files} files, ${mebibytes} MiB, ${result.words} different words in ${relative(process.cwd(), folder) || "."}`);
  const rate = (ms: number): string => `${Math.round((1000 * files) / ms)} files/s`;
  console.log(`1 process: ${rate(one.ms)}; ${cores} processes: ${rate(all.ms)}; speed-up ${(one.ms / all.ms).toFixed(2)}x`);
  return result;
}

if (isMain(import.meta)) await main(resolve(process.argv[2] ?? fileURLToPath(new URL("../node_modules", import.meta.url))));
