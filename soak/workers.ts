// The workers that are killed. Each appends a line to its log for every call that has settled.
import { openSync, readFileSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { capabilities, Empty, type Event, Full, type JoinableQueue, type Lock, type Semaphore, TimeoutError } from "../mod.ts";
import { Random } from "../tools/random.ts";
import { type Item, isWhole, makeItem } from "./item.ts";

/** The URL of this module, for targets by name. */
export const module: URL = new URL(import.meta.url);

/** The objects that all workers of a round share. */
export interface Shared {
  readonly queue: JoinableQueue<Item>;
  readonly lock: Lock;
  readonly permits: Semaphore;
  readonly event: Event;
  /** Whether consumers use short timeouts now and then. */
  readonly impatient: boolean;
  /** A file that exists while a worker holds the lock. */
  readonly guard: string;
}

/** The arguments of one worker. */
export interface WorkerOptions {
  readonly id: number;
  readonly log: string;
  readonly seed: number;
}

type Write = (line: string) => void;

const { sync } = capabilities();

function pause(random: Random): Promise<void> {
  return delay(random.fraction() * 6);
}

/** Repeats a step until the worker is killed. Errors go to the log too, because a report to the parent may be cut off by the kill. */
async function work({ log, seed }: WorkerOptions, step: (write: Write, random: Random, number: number) => Promise<void>): Promise<void> {
  const fd = openSync(log, "a");
  const write = (line: string): void => void writeSync(fd, `${line}\n`);
  const random = new Random(seed);
  try {
    for (let number = 1; ; number++) await step(write, random, number);
  } catch (error) {
    write(`!${error}`);
    throw error;
  }
}

/** A short timeout in 3 of 10 calls. */
function sometimesTimeout(random: Random, most: number): { timeout?: number } {
  return random.chance(0.3) ? { timeout: random.fraction() * most } : {};
}

export function producer({ queue }: Shared, own: WorkerOptions): Promise<void> {
  return work(own, async (write, random, number) => {
    const options = sometimesTimeout(random, 10);
    try {
      if (sync && random.chance(0.2)) queue.putSync(makeItem(own.id, number), options);
      else await queue.put(makeItem(own.id, number), options);
      write(`+${number}`);
    } catch (error) {
      // The host of a portable queue may be slower than the timeout. Then the item is in the queue or not.
      if (error instanceof TimeoutError && error.mayHaveHappened === true) write(`?${number}`);
      else if (error instanceof Full) write(`-${number}`);
      else throw error;
    }
    if (random.chance(0.5)) await pause(random);
  });
}

export function consumer({ queue, impatient }: Shared, own: WorkerOptions): Promise<void> {
  return work(own, async (write, random) => {
    const options = impatient ? sometimesTimeout(random, 10) : {};
    try {
      const item = sync && random.chance(0.2) ? queue.getSync(options) : await queue.get(options);
      write(isWhole(item) ? `${item[0]} ${item[1]}` : `!corrupt: ${item[0]} ${item[1]} ${item[2].length}`);
    } catch (error) {
      if (error instanceof Empty) return;
      throw error;
    }
    await queue.taskDone();
    if (random.chance(0.1)) await pause(random);
  });
}

export function holder({ lock, permits, guard }: Shared, own: WorkerOptions): Promise<void> {
  return work(own, async (write, random) => {
    await permits.acquire();
    if (await lock.acquire(sometimesTimeout(random, 20))) {
      const { abandoned } = lock;
      enter(guard, own.id, abandoned, write);
      await pause(random);
      if (readFileSync(guard, "latin1") !== String(own.id)) write("!another worker entered while this one held the lock");
      unlinkSync(guard);
      await lock.release();
      write(abandoned ? "abandoned" : "held");
    }
    await permits.release();
    if (random.chance(0.3)) await pause(random);
  });
}

/** Makes the guard file. One that exists already must be of a holder that died, and then the lock has said so. */
function enter(guard: string, id: number, abandoned: boolean, write: Write): void {
  try {
    writeFileSync(guard, String(id), { flag: "wx" });
  } catch {
    if (!abandoned) write(`!the lock was acquired beside ${readFileSync(guard, "latin1")}, and "abandoned" is false`);
    writeFileSync(guard, String(id));
  }
}

export function setter({ event }: Shared, own: WorkerOptions): Promise<void> {
  return work(own, async (write, random) => {
    await event.set();
    await pause(random);
    await event.clear();
    write("set");
    await pause(random);
  });
}

export function waiter({ event }: Shared, own: WorkerOptions): Promise<void> {
  return work(own, async (write, random) => {
    if (!(await event.wait(sometimesTimeout(random, 20)))) return;
    write("seen");
    await pause(random);
  });
}

/** Loads what the workers load, and ends normally: Node stores compiled code only at such an end. */
export async function warmUp({ queue }: Shared): Promise<void> {
  await queue.qsize();
}
