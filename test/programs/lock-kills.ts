// Kills the holder of a lock again and again while others wait for it. Measures how long it takes until one of them holds the lock, and checks
// that there are never two holders.
import { readlinkSync, renameSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quantile } from "simple-statistics";
import { isMain, Lock, Process, Queue, RLock } from "../../mod.ts";
import { integer, readArguments } from "../../tools/arguments.ts";
import { isRunning } from "../../tools/processes.ts";

/** How many processes there are at a time. One holds the lock, and the others wait or start. */
const PROCESSES = 6;
/** In one of so many rounds a waiter is killed together with the holder. */
const WAITER_TOO_EVERY = 7;

/** A report of a process: it waits for the lock, or it holds it. */
interface Report {
  readonly pid: number;
  readonly waits: boolean;
  readonly abandoned: boolean;
  /** Another process that holds the lock and is alive; 0 if there is none, as there must be. */
  readonly other: number;
}

/** Writes the id of this process to the path. Returns the id of a living process that was there, else 0. */
function claim(path: string): number {
  const own = `${path}.${process.pid}`;
  let other = 0;
  try {
    other = Number(readlinkSync(path));
  } catch {
    // This is the first holder.
  }
  const isHeldTwice = other !== 0 && isRunning(other);
  symlinkSync(String(process.pid), own);
  renameSync(own, path);
  return isHeldTwice ? other : 0;
}

export async function holder(lock: Lock | RLock, reports: Queue<Report>, path: string): Promise<void> {
  const acquiring = lock.acquire();
  await reports.put({ pid: process.pid, waits: true, abandoned: false, other: 0 });
  await acquiring;
  const other = claim(path);
  await reports.put({ pid: process.pid, waits: false, abandoned: lock.abandoned, other });
  await new Promise(() => setInterval(() => {}, 1000));
}

async function main(rounds: number): Promise<void> {
  const [lock, reports] = [rounds % 2 === 0 ? new Lock() : new RLock(), new Queue<Report>()];
  const path = join(tmpdir(), "holder");
  const processes = new Map<number, Process<[Lock | RLock, Queue<Report>, string], void>>();
  const waiting = new Set<number>();
  const ends: Promise<unknown>[] = [];
  const add = async (): Promise<void> => {
    const process = new Process({ target: holder, args: [lock, reports, path] });
    await process.start();
    processes.set(process.pid ?? 0, process);
  };
  const kill = (pid: number): void => {
    const process = processes.get(pid);
    process?.kill();
    processes.delete(pid);
    waiting.delete(pid);
    ends.push(Promise.resolve(process?.join()).then(() => process?.close()));
  };
  const times: number[] = [];
  let [twoHolders, wrongAbandoned, holding, killedAt] = [0, 0, 0, 0];
  await Promise.all(Array.from({ length: PROCESSES }, add));
  while (times.length < rounds) {
    const { pid, waits, abandoned, other } = await reports.get({ timeout: 20_000 });
    if (!processes.has(pid)) continue;
    if (waits) {
      if (pid !== holding) waiting.add(pid);
    } else {
      waiting.delete(pid);
      holding = pid;
      if (killedAt > 0) times.push(performance.now() - killedAt);
      if (abandoned !== killedAt > 0) wrongAbandoned++;
      if (other !== 0) twoHolders++;
    }
    // The holder is killed only while others wait for the lock.
    if (holding === 0 || waiting.size < 2) continue;
    const [first = 0] = waiting;
    const victims = times.length % WAITER_TOO_EVERY === 0 ? [holding, first] : [holding];
    killedAt = performance.now();
    for (const each of victims) kill(each);
    holding = 0;
    for (const _ of victims) ends.push(add());
  }
  await Promise.all(ends);
  for (const pid of [...processes.keys()]) kill(pid);
  await Promise.all(ends);
  const last = await lock.hold({ timeout: 5000 });
  await last.release();
  const after = await lock.hold();
  await after.release();
  const at = (part: number): number => Math.round(quantile(times, part) * 10) / 10;
  const results = { rounds: times.length, twoHolders, wrongAbandoned, last: last.abandoned, after: after.abandoned };
  console.log(JSON.stringify({ ...results, median: at(0.5), p99: at(0.99), worst: at(1) }));
}

if (isMain(import.meta)) await main(readArguments("lock-kills.ts", { rounds: integer(12, 1) }).rounds);
