// Those who are killed. Each writes down what it did, a line at a time, once the call that did it has settled.
import { openSync, readFileSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { capabilities, Empty, type Event, Full, type JoinableQueue, type Lock, type Semaphore } from "../mod.ts";
import { type Item, isWhole, makeItem } from "./item.ts";
import { type Random, randomFrom } from "./random.ts";

/** Where these are. */
export const module: URL = new URL(import.meta.url);

/** What all workers of a round share. */
export interface Shared {
  readonly queue: JoinableQueue<Item>;
  readonly lock: Lock;
  readonly permits: Semaphore;
  readonly event: Event;
  /** Whether consumers give up now and then. */
  readonly impatient: boolean;
  /** A file that is there while somebody is inside the lock. */
  readonly guard: string;
}

/** A worker's own. */
export interface Own {
  readonly id: number;
  readonly log: string;
  readonly seed: number;
}

type Write = (line: string) => void;

const { sync } = capabilities();

function pause(random: Random): Promise<void> {
  return delay(random() * 6);
}

/** Works for ever; an error is written down too, for its own way out may be cut short. */
async function work({ log, seed }: Own, turn: (write: Write, random: Random, number: number) => Promise<void>): Promise<void> {
  const fd = openSync(log, "a");
  const write = (line: string): void => void writeSync(fd, `${line}\n`);
  const random = randomFrom(seed);
  try {
    for (let number = 1; ; number++) await turn(write, random, number);
  } catch (error) {
    write(`!${error}`);
    throw error;
  }
}

export function producer({ queue }: Shared, own: Own): Promise<void> {
  return work(own, async (write, random, number) => {
    const options = random() < 0.3 ? { timeout: random() * 10 } : {};
    try {
      if (sync && random() < 0.2) queue.putSync(makeItem(own.id, number), options);
      else await queue.put(makeItem(own.id, number), options);
      write(`+${number}`);
    } catch (error) {
      if (!(error instanceof Full)) throw error;
      write(`-${number}`);
    }
    if (random() < 0.5) await pause(random);
  });
}

export function consumer({ queue, impatient }: Shared, own: Own): Promise<void> {
  return work(own, async (write, random) => {
    const options = impatient && random() < 0.3 ? { timeout: random() * 10 } : {};
    try {
      const item = sync && random() < 0.2 ? queue.getSync(options) : await queue.get(options);
      write(isWhole(item) ? `${item[0]} ${item[1]}` : `!corrupt: ${item[0]} ${item[1]} ${item[2].length}`);
    } catch (error) {
      if (error instanceof Empty) return;
      throw error;
    }
    await queue.taskDone();
    if (random() < 0.1) await pause(random);
  });
}

export function holder({ lock, permits, guard }: Shared, own: Own): Promise<void> {
  return work(own, async (write, random) => {
    await permits.acquire();
    if (await lock.acquire(random() < 0.3 ? { timeout: random() * 20 } : {})) {
      const told = lock.abandoned;
      enter(guard, own.id, told, write);
      await pause(random);
      if (readFileSync(guard, "latin1") !== String(own.id)) write("!somebody else came into the lock");
      unlinkSync(guard);
      await lock.release();
      write(told ? "told" : "held");
    }
    await permits.release();
    if (random() < 0.3) await pause(random);
  });
}

function enter(guard: string, id: number, told: boolean, write: Write): void {
  try {
    writeFileSync(guard, String(id), { flag: "wx" });
  } catch {
    if (!told) write(`!in the lock with ${readFileSync(guard, "latin1")}, and not told that its holder died`);
    writeFileSync(guard, String(id));
  }
}

export function setter({ event }: Shared, own: Own): Promise<void> {
  return work(own, async (write, random) => {
    await event.set();
    await pause(random);
    await event.clear();
    write("set");
    await pause(random);
  });
}

export function waiter({ event }: Shared, own: Own): Promise<void> {
  return work(own, async (write, random) => {
    if (!(await event.wait(random() < 0.3 ? { timeout: random() * 20 } : {}))) return;
    write("seen");
    await pause(random);
  });
}

/** Loads what workers load, and ends as a program does: engines keep compiled code at such an end. */
export async function warmUp({ queue }: Shared): Promise<void> {
  await queue.qsize();
}
