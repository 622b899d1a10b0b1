// What the cases of locks, conditions, events and barriers have in common.
import assert from "node:assert/strict";
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, statSync, writeSync } from "node:fs";
import { Skip } from "./case.ts";
import { isNative } from "./help.ts";

/** How soon the others hear of a death: milliseconds. */
const TOLD_WITHIN = 1000;

/** Until somebody kills this process. */
export function stay(): Promise<never> {
  return new Promise(() => setInterval(() => {}, 1000));
}

/** Runs it, and asserts that it took at least `least` ms and less than `most`. */
export async function timed<T>(least: number, most: number, act: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const value = await act();
  const ms = performance.now() - start;
  // Timers may be early by less than a millisecond.
  assert.ok(ms >= least - 2 && ms < most, `took ${ms} ms, expected ${least} to ${most}`);
  return value;
}

/** Kills a process, and gives what becomes of a wait that its death ends, which must be soon. */
export async function killed<T>(process: { kill(): void; join(): Promise<unknown> }, waiting: Promise<T>): Promise<T> {
  const pending = timed(0, TOLD_WITHIN, () => waiting);
  pending.catch(() => {});
  process.kill();
  try {
    return await pending;
  } finally {
    await process.join();
  }
}

/** Stops a process in the middle of what it does, and comes back once it stands still. */
export async function stopped(child: { readonly pid: number | null }): Promise<void> {
  process.kill(child.pid as number, "SIGSTOP");
  while (!/^State:\tT/m.test(readFileSync(`/proc/${child.pid}/status`, "utf8"))) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Lets a stopped process go on. */
export function goOn(child: { readonly pid: number | null }): void {
  process.kill(child.pid as number, "SIGCONT");
}

export function onlyNative(): void {
  if (!isNative) throw new Skip("what is written into shared memory concerns the native backend alone");
}

function memoryFiles(): string[] {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith("/memfd:polyproc");
    } catch {
      // The one that listed them.
      return false;
    }
  });
}

/** Makes an object of the native backend, and gives the path of its memory's file. */
export function withFile<T>(make: () => T): { object: T; file: string } {
  const before = new Set(memoryFiles());
  const object = make();
  const fd = memoryFiles().find((each) => !before.has(each));
  assert.ok(fd !== undefined);
  return { object, file: `/proc/${process.pid}/fd/${fd}` };
}

/** Random words over an object's memory, as any process of the tree could write them: most where most of its state is. */
export function scribble(file: string, seed: number): void {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % limit;
  };
  const size = statSync(file).size;
  const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => below(256));
  for (let count = 1 + below(60); count > 0; count--) {
    const end = [320, 2048, size - 8][below(3)] ?? size - 8;
    write(file, below(end), bytes([1, 4, 8][below(3)] ?? 8));
  }
  if (seed % 3 === 0) write(file, 320, bytes(size - 320));
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
