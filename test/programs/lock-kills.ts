// Round after round the holder of a lock is killed while others wait for it: how long until one of them has it, and never two at once.
import { readFileSync, readlinkSync, renameSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMain, Lock, Process, Queue, RLock } from "../../mod.ts";

/** How many are there at a time: one holds the lock, the others wait or boot. */
const CROWD = 6;
/** A waiter goes along with the holder this often. */
const BOTH = 7;

interface News {
  readonly pid: number;
  readonly waits: boolean;
  readonly abandoned: boolean;
  /** The process that was found holding the lock, alive. */
  readonly other: number;
}

/** What is on its way to its end runs no program any more. */
function lives(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state = "Z", ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const PF_EXITING = 4;
    return !/[ZX]/.test(state) && (Number(fields[5]) & PF_EXITING) === 0;
  } catch {
    return false;
  }
}

/** Leaves this process's number at the path; gives that of a living process that is there. */
function claim(path: string): number {
  const own = `${path}.${process.pid}`;
  let other = 0;
  try {
    other = Number(readlinkSync(path));
  } catch {
    // The first one.
  }
  const both = other !== 0 && lives(other);
  symlinkSync(String(process.pid), own);
  renameSync(own, path);
  return both ? other : 0;
}

export async function holder(lock: Lock | RLock, log: Queue<News>, path: string): Promise<void> {
  const acquiring = lock.acquire();
  await log.put({ pid: process.pid, waits: true, abandoned: false, other: 0 });
  await acquiring;
  const other = claim(path);
  await log.put({ pid: process.pid, waits: false, abandoned: lock.abandoned, other });
  await new Promise(() => setInterval(() => {}, 1000));
}

async function main(rounds: number): Promise<void> {
  const [lock, log] = [rounds % 2 === 0 ? new Lock() : new RLock(), new Queue<News>()];
  const path = join(tmpdir(), "holder");
  const crowd = new Map<number, Process<[Lock | RLock, Queue<News>, string], void>>();
  const waiting = new Set<number>();
  const ends: Promise<unknown>[] = [];
  const add = async (): Promise<void> => {
    const process = new Process({ target: holder, args: [lock, log, path] });
    await process.start();
    crowd.set(process.pid ?? 0, process);
  };
  const kill = (pid: number): void => {
    const process = crowd.get(pid);
    process?.kill();
    crowd.delete(pid);
    waiting.delete(pid);
    ends.push(Promise.resolve(process?.join()).then(() => process?.close()));
  };
  const times: number[] = [];
  let [two, untold, holding, killedAt] = [0, 0, 0, 0];
  await Promise.all(Array.from({ length: CROWD }, add));
  while (times.length < rounds) {
    const { pid, waits, abandoned, other } = await log.get({ timeout: 20_000 });
    if (!crowd.has(pid)) continue;
    if (waits) {
      if (pid !== holding) waiting.add(pid);
    } else {
      waiting.delete(pid);
      holding = pid;
      if (killedAt > 0) times.push(performance.now() - killedAt);
      if (abandoned !== killedAt > 0) untold++;
      if (other !== 0) two++;
    }
    // A kill counts if somebody waits then.
    if (holding === 0 || waiting.size < 2) continue;
    const [first = 0] = waiting;
    const victims = times.length % BOTH === 0 ? [holding, first] : [holding];
    killedAt = performance.now();
    for (const each of victims) kill(each);
    holding = 0;
    for (const _ of victims) ends.push(add());
  }
  await Promise.all(ends);
  for (const pid of [...crowd.keys()]) kill(pid);
  await Promise.all(ends);
  const last = await lock.hold({ timeout: 5000 });
  await last.release();
  const after = await lock.hold();
  await after.release();
  times.sort((a, b) => a - b);
  const at = (part: number): number => Math.round((times[Math.floor(part * (times.length - 1))] ?? 0) * 10) / 10;
  console.log(
    JSON.stringify({
      rounds: times.length,
      two,
      untold,
      last: last.abandoned,
      after: after.abandoned,
      median: at(0.5),
      p99: at(0.99),
      worst: at(1),
    }),
  );
}

if (isMain(import.meta)) await main(Number(process.argv[2]));
