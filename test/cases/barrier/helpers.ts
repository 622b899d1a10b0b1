// The targets of the child processes in these cases, and a wait for the parties that wait.
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { type Barrier, BrokenBarrierError, type Queue } from "../../../mod.ts";
import { rejects } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";

export const PARTIES = 5;

export type Act = (barrier: Barrier, seen: Queue) => Promise<void>;

export async function passOnce(barrier: Barrier, seen: Queue): Promise<void> {
  await seen.put(await barrier.wait());
}

export async function expectBroken(barrier: Barrier, seen: Queue): Promise<void> {
  const error = await rejects(barrier.wait(), BrokenBarrierError, /reset/);
  await seen.put(error.name);
}

export async function brokenThenPass(barrier: Barrier, seen: Queue): Promise<void> {
  await expectBroken(barrier, seen);
  await passOnce(barrier, seen);
}

export async function expectTooLate(barrier: Barrier, seen: Queue): Promise<void> {
  const error = await rejects(barrier.wait({ timeout: 500 }), BrokenBarrierError);
  await seen.put(error.name);
}

/** Runs tasks of one process; each is a party of the barrier. */
export async function several(
  act: "passOnce" | "expectBroken" | "brokenThenPass" | "expectTooLate",
  barrier: Barrier,
  seen: Queue,
  count: number,
): Promise<void> {
  const acts: Readonly<Record<string, Act>> = { passOnce, expectBroken, brokenThenPass, expectTooLate };
  await Promise.all(Array.from({ length: count }, () => acts[act]?.(barrier, seen)));
}

/** Comes to the barrier, says so, and waits. */
export async function comeAndWait(barrier: Barrier, ready: Queue): Promise<number> {
  const waiting = barrier.wait();
  await ready.put("came");
  return waiting;
}

/** Keeps the barrier, and never comes to it. */
export async function stayAway(barrier: Barrier, ready: Queue): Promise<void> {
  await ready.put(barrier.parties);
  await stay();
}

export async function passAndStay(barrier: Barrier, ready: Queue): Promise<void> {
  await barrier.wait();
  await ready.put("passed");
  await stay();
}

/** Waits until so many parties wait at the barrier. */
export async function partiesWait(barrier: Barrier, count: number): Promise<void> {
  const until = performance.now() + 10_000;
  while ((await barrier.getWaiting()) !== count) {
    assert.ok(performance.now() < until, `${await barrier.getWaiting()} wait, expected ${count}`);
    await delay(2);
  }
}
