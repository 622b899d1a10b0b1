// The memory of one object of the native backend, as a hostile process of the same user has it.
import assert from "node:assert/strict";
import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { openFiles } from "../../tools/processes.ts";
import { Random } from "../../tools/random.ts";

/** Bytes from the start, where the state of every object is. */
const MOST = 64 * 1024;

function memoryFiles(): number[] {
  return [...openFiles()].filter(([, file]) => file.startsWith("/memfd:polyproc")).map(([fd]) => fd);
}

/** Makes an object of the native backend, and gives the path of its memory's file. */
export function withFile<T>(make: () => T): { object: T; file: string } {
  const before = new Set(memoryFiles());
  const object = make();
  const fd = memoryFiles().find((each) => !before.has(each));
  assert.ok(fd !== undefined);
  return { object, file: `/proc/${process.pid}/fd/${fd}` };
}

/** Random words over the memory of a shared object, as any process of the tree could write them: most where most of its state is. */
export function scribble(file: string, seed: number): void {
  const random = new Random(seed);
  const size = Math.min(statSync(file).size, MOST);
  for (let count = 1 + random.int(60); count > 0; count--) {
    const end = random.pick([320, 2048, size - 8]);
    write(file, random.int(end), random.bytes(random.pick([1, 4, 8])));
  }
  if (seed % 3 === 0) write(file, 320, random.bytes(size - 320));
}

/** Writes one word of 32 bits. */
export function writeWord(file: string, at: number, word: number): void {
  write(file, at, new Uint8Array(Uint32Array.of(word).buffer));
}

function write(file: string, at: number, bytes: Uint8Array): void {
  const fd = openSync(file, "r+");
  try {
    writeSync(fd, bytes, 0, bytes.length, at);
  } finally {
    closeSync(fd);
  }
}

/** Calls everything on an object in that state: an error or an answer, soon. */
export async function survives(calls: readonly (() => Promise<unknown>)[], limit = 15_000): Promise<void> {
  const start = performance.now();
  for (const call of calls) {
    await call().catch((error: unknown) => assert.ok(error instanceof Error && !(error instanceof TypeError), String(error)));
  }
  assert.ok(performance.now() - start < limit, `took ${performance.now() - start} ms`);
}
