// What the cases of locks, conditions, events and barriers have in common.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
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
  const answer = await pending;
  await process.join();
  return answer;
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

/** Another process of the same user writes random words over an object's; more of them where most of its state is. */
export function scribble(file: string, seed: number): void {
  const script = `
import os, random
random.seed(${seed})
f = os.open("${file}", os.O_RDWR)
size = os.fstat(f).st_size
for _ in range(random.randint(1, 60)):
    at = random.randrange(0, random.choice([320, 2048, size - 8]))
    os.pwrite(f, random.randbytes(random.choice([1, 4, 8])), at)
if random.random() < 0.3:
    os.pwrite(f, random.randbytes(size - 320), 320)
`;
  const { status, stderr } = spawnSync("python3", ["-c", script], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

/** Writes one word of 32 bits. */
export function writeWord(file: string, at: number, word: number): void {
  const script = `import os; os.pwrite(os.open("${file}", os.O_RDWR), (${word}).to_bytes(4, "little"), ${at})`;
  const { status, stderr } = spawnSync("python3", ["-c", script], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

/** Calls everything on an object in that state: an error or an answer, soon. */
export async function survives(calls: readonly (() => Promise<unknown>)[], limit = 15_000): Promise<void> {
  const start = performance.now();
  for (const call of calls) {
    await call().catch((error: unknown) => assert.ok(error instanceof Error && !(error instanceof TypeError), String(error)));
  }
  assert.ok(performance.now() - start < limit, `took ${performance.now() - start} ms`);
}
