// Helpers for the cases of locks, conditions, events and barriers.
import assert from "node:assert/strict";
import { statOf } from "../../tools/processes.ts";
import { Skip } from "./case.ts";
import { isNative } from "./help.ts";

/** How soon the others hear of a death: milliseconds. */
const TOLD_WITHIN = 1000;

/** Waits until this process is killed. */
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
  if (process.platform === "win32") throw new Skip("Windows can't stop a process");
  process.kill(child.pid as number, "SIGSTOP");
  for (;;) {
    const stat = statOf(child.pid as number);
    assert.ok(stat !== undefined, "the process is gone");
    if (stat.state === "T") return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Lets a stopped process go on. */
export function goOn(child: { readonly pid: number | null }): void {
  process.kill(child.pid as number, "SIGCONT");
}

export function onlyNative(): void {
  if (!isNative) throw new Skip("what is written into shared memory concerns the native backend alone");
}
