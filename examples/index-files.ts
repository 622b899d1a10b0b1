// Builds a word index of the text files in a folder: one process a core, fed by a bounded queue, answering over pipes.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Connection, cpuCount, isMain, Pipe, Process, Queue, wait } from "../mod.ts";

const TEXT = /\.(md|ts|txt)$/;
const BATCH = 16;
const QUEUED_BATCHES = 32;

/** What a worker found. */
export interface Index {
  readonly words: Map<string, number>;
  readonly files: number;
  readonly bytes: number;
}

type Report = { readonly done: number } | { readonly index: Index };

/** A worker: counts the words of the files it gets, tells how far it is, and answers with its part of the index. */
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

/** Indexes the files with this many processes; `progress` hears how many files are done. */
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

/** A bar on a terminal, a line each quarter otherwise. */
function progressOf(what: string, total: number): (done: number) => void {
  let quarter = 0;
  return (done) => {
    if (process.stdout.isTTY) {
      const bar = "#".repeat(Math.round((30 * done) / total)).padEnd(30, ".");
      process.stdout.write(`\r${what} [${bar}] ${done}/${total}${done === total ? "\n" : ""}`);
    } else if (Math.floor((4 * done) / total) > quarter) {
      quarter = Math.floor((4 * done) / total);
      console.log(`${what}: ${done} of ${total} files`);
    }
  };
}

async function timed(what: string, files: readonly string[], processes: number): Promise<{ index: Index; ms: number }> {
  const start = performance.now();
  const result = await index(files, processes, progressOf(what, files.length));
  return { index: result, ms: performance.now() - start };
}

async function main(folder: string): Promise<void> {
  const files = textFiles(folder);
  if (files.length === 0) throw new Error(`There is no .md, .ts or .txt file in ${folder}: name another folder.`);
  // So that neither run pays for a cold disk.
  for (const file of files) readFileSync(file);
  const cores = cpuCount();
  const alone = await timed("1 process  ", files, 1);
  const all = await timed(`${cores} processes`, files, cores);
  const sorted = [...all.index.words].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const top = sorted.slice(0, 10);
  console.log("\nThe ten most frequent words:");
  for (const [word, count] of top) console.log(`  ${word.padEnd(12)} ${count}`);
  const rate = (ms: number): number => Math.round((1000 * files.length) / ms);
  console.log(`\n${files.length} files, ${(all.index.bytes / 2 ** 20).toFixed(1)} MiB in ${relative(process.cwd(), folder) || "."}`);
  console.log(
    `1 process: ${rate(alone.ms)} files/s; ${cores} processes: ${rate(all.ms)} files/s; speed-up ${(alone.ms / all.ms).toFixed(2)}x`,
  );
  const digest = createHash("sha256").update(JSON.stringify(sorted)).digest("hex");
  const result = {
    files: all.index.files,
    bytes: all.index.bytes,
    words: sorted.length,
    top,
    digest,
    rate: rate(all.ms),
    speedUp: alone.ms / all.ms,
  };
  // For whoever compares runs.
  if (process.env.INDEX_RESULT !== undefined) writeFileSync(process.env.INDEX_RESULT, JSON.stringify(result));
}

if (isMain(import.meta)) await main(resolve(process.argv[2] ?? fileURLToPath(new URL("../node_modules", import.meta.url))));
