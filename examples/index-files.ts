// Counts the words in the text files of a folder: one process a core takes files from a bounded queue and reports over a pipe.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Connection, cpuCount, isMain, Pipe, Process, Queue, wait } from "../mod.ts";

const TEXT = /\.(md|ts|txt)$/;
const BATCH = 16;
const QUEUED_BATCHES = 32;

/** The counts of one worker, or of all. */
export interface Index {
  readonly words: Map<string, number>;
  readonly files: number;
  readonly bytes: number;
}

type Report = { readonly done: number } | { readonly index: Index };

/** A worker: counts the words in the files that it gets, reports each batch, and sends its counts at the end. */
export async function indexFiles(batches: Queue<string[]>, parent: Connection<Report>): Promise<void> {
  const words = new Map<string, number>();
  let files = 0;
  let bytes = 0;
  for await (const batch of batches) {
    for (const file of batch) {
      const content = readFileSync(file);
      bytes += content.length;
      for (const word of content
        .toString("utf8")
        .toLowerCase()
        .match(/\p{L}{2,}/gu) ?? [])
        words.set(word, (words.get(word) ?? 0) + 1);
    }
    files += batch.length;
    await parent.send({ done: batch.length });
  }
  await parent.send({ index: { words, files, bytes } });
}

function textFiles(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return textFiles(path);
    return entry.isFile() && TEXT.test(entry.name) ? [path] : [];
  });
}

async function feed(files: readonly string[], batches: Queue<string[]>): Promise<void> {
  for (let i = 0; i < files.length; i += BATCH) await batches.put(files.slice(i, i + BATCH));
  await batches.shutdown();
}

function merge(parts: readonly Index[]): Index {
  const words = new Map<string, number>();
  for (const part of parts) for (const [word, count] of part.words) words.set(word, (words.get(word) ?? 0) + count);
  const sum = (key: "files" | "bytes"): number => parts.reduce((total, part) => total + part[key], 0);
  return { words, files: sum("files"), bytes: sum("bytes") };
}

/** Counts the words with this many processes. `progress` is called with the number of files that are done. */
async function index(files: readonly string[], processes: number, progress: (done: number) => void): Promise<Index> {
  const batches = new Queue<string[]>({ maxsize: QUEUED_BATCHES });
  const workers = Array.from({ length: processes }, () => {
    const [mine, theirs] = Pipe<Report>();
    return { conn: mine, process: new Process({ target: indexFiles, args: [batches, theirs], transfer: [theirs] }) };
  });
  await Promise.all(workers.map((worker) => worker.process.start()));
  const feeding = feed(files, batches);
  const parts: Index[] = [];
  const open = new Set(workers.map((worker) => worker.conn));
  let done = 0;
  while (open.size > 0) {
    for (const conn of await wait(open)) {
      const report = await conn.recv();
      if ("index" in report) {
        parts.push(report.index);
        open.delete(conn);
      } else {
        done += report.done;
        progress(done);
      }
    }
  }
  await feeding;
  for (const worker of workers) await worker.process.join();
  return merge(parts);
}

/** Shows the progress of a task. It is called with the title and the total, and returns what is called with the files done so far. */
export type ShowProgress = (title: string, total: number) => (done: number) => void;

const printQuarters: ShowProgress = (title, total) => {
  let quarter = 0;
  return (done) => {
    if (Math.floor((4 * done) / total) <= quarter) return;
    quarter = Math.floor((4 * done) / total);
    console.log(`${title}: ${done} of ${total} files`);
  };
};

export interface Result {
  readonly files: number;
  readonly words: number;
  readonly top: readonly (readonly [string, number])[];
  /** A hash of all words and their counts. */
  readonly digest: string;
  readonly filesPerSecond: number;
  readonly speedUp: number;
}

/** Counts the words with one process and with one process a core, and prints what it found and how long it took. */
export async function main(folder: string, showProgress: ShowProgress = printQuarters): Promise<Result> {
  const files = textFiles(folder);
  if (files.length === 0) throw new Error(`There is no .md, .ts or .txt file in ${folder}: name another folder.`);
  // Both runs find the files in the page cache, so the first run does not pay for the disk.
  for (const file of files) readFileSync(file);
  const timed = async (title: string, processes: number): Promise<{ counts: Index; ms: number }> => {
    const start = performance.now();
    const counts = await index(files, processes, showProgress(title, files.length));
    return { counts, ms: performance.now() - start };
  };
  const cores = cpuCount();
  const one = await timed("1 process", 1);
  const all = await timed(`${cores} processes`, cores);
  const sorted = [...all.counts.words].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const result = {
    files: all.counts.files,
    words: sorted.length,
    top: sorted.slice(0, 10),
    digest: createHash("sha256").update(JSON.stringify(sorted)).digest("hex"),
    filesPerSecond: Math.round((1000 * files.length) / all.ms),
    speedUp: one.ms / all.ms,
  };
  console.log("\nThe ten most frequent words:");
  for (const [word, count] of result.top) console.log(`  ${word.padEnd(12)} ${count}`);
  const mebibytes = (all.counts.bytes / 2 ** 20).toFixed(1);
  console.log(`\n${files.length} files, ${mebibytes} MiB, ${result.words} different words in ${relative(process.cwd(), folder) || "."}`);
  const oneRate = Math.round((1000 * files.length) / one.ms);
  console.log(
    `1 process: ${oneRate} files/s; ${cores} processes: ${result.filesPerSecond} files/s; speed-up ${result.speedUp.toFixed(2)}x`,
  );
  return result;
}

if (isMain(import.meta)) await main(resolve(process.argv[2] ?? fileURLToPath(new URL("../node_modules", import.meta.url))));
