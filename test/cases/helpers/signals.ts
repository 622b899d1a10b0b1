// How a test learns that others really wait, so that it needs no fixed sleep.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Queue } from "../../../mod.ts";

const LIMIT = 10_000;

/** Where the system does not tell whether a process sleeps, it has so many milliseconds to do what it does before. */
const SURELY_ASLEEP = 1000;

/** A process that has not run for so many looks waits for something. */
const QUIET_LOOKS = 4;

/** Waits until something holds that another process, another task or the garbage collector brings about. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + LIMIT; !(await holds()); await delay(2)) assert.ok(performance.now() < end, holds.toString());
}

/**
 * Waits until a process sleeps: until it has nothing to do before somebody else does something. Ask the process first to say that it
 * is about to wait; a process sleeps at other times too.
 */
export async function fallenAsleep(child: { readonly pid: number | null }): Promise<void> {
  if (process.platform !== "linux") return delay(SURELY_ASLEEP);
  let before = "";
  let looks = 0;
  await until(() => {
    const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
    const [, state] = /^State:\t(\S)/m.exec(status) ?? [];
    // The kernel counts each sleep, so a process that has run between two looks shows another number.
    const [sleeps] = /^voluntary_ctxt_switches:.*$/m.exec(status) ?? [""];
    looks = state === "S" && sleeps === before ? looks + 1 : 0;
    before = sleeps;
    return looks === QUIET_LOOKS;
  });
}

/** Lets this process's event loop turn a few times: each call that this process has begun then waits for another process, or is over. */
export async function eventLoopTurns(): Promise<void> {
  for (let i = 0; i < 10; i++) await delay(0);
}

/** Takes so many items from a queue. */
export async function takeItems(q: Queue, count: number): Promise<unknown[]> {
  const items: unknown[] = [];
  for (let i = 0; i < count; i++) items.push(await q.get({ timeout: LIMIT }));
  return items;
}
