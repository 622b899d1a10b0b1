// Those who are killed. Each writes down what it did, a line at a time, once the call that did it has settled.
import { openSync, readFileSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { capabilities, Empty, type Event, Full, type JoinableQueue, type Lock, type Semaphore } from "../mod.ts";
import { type Item, isWhole, makeItem } from "./item.ts";
import { type Random, randomFrom } from "./random.ts";

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

class Log {
  readonly #fd: number;
  constructor(path: string) {
    this.#fd = openSync(path, "a");
  }

  line(text: string): void {
    writeSync(this.#fd, `${text}\n`);
  }
}

const { sync } = capabilities();

function pause(random: Random): Promise<void> {
  return delay(random() * 6);
}

export async function producer({ queue }: Shared, { id, log: path, seed }: Own): Promise<void> {
  const log = new Log(path);
  const random = randomFrom(seed);
  for (let number = 1; ; number++) {
    const options = random() < 0.3 ? { timeout: random() * 10 } : {};
    try {
      if (sync && random() < 0.2) queue.putSync(makeItem(id, number), options);
      else await queue.put(makeItem(id, number), options);
      log.line(`+${number}`);
    } catch (error) {
      if (!(error instanceof Full)) throw error;
      log.line(`-${number}`);
    }
    if (random() < 0.5) await pause(random);
  }
}

export async function consumer({ queue, impatient }: Shared, { log: path, seed }: Own): Promise<void> {
  const log = new Log(path);
  const random = randomFrom(seed);
  for (;;) {
    const options = impatient && random() < 0.3 ? { timeout: random() * 10 } : {};
    try {
      const item = sync && random() < 0.2 ? queue.getSync(options) : await queue.get(options);
      log.line(isWhole(item) ? `${item[0]} ${item[1]}` : `!corrupt: ${item[0]} ${item[1]} ${item[2].length}`);
    } catch (error) {
      if (!(error instanceof Empty)) throw error;
      continue;
    }
    await queue.taskDone();
    if (random() < 0.1) await pause(random);
  }
}

export async function holder({ lock, permits, guard }: Shared, { id, log: path, seed }: Own): Promise<void> {
  const log = new Log(path);
  const random = randomFrom(seed);
  for (;;) {
    await permits.acquire();
    if (await lock.acquire(random() < 0.3 ? { timeout: random() * 20 } : {})) {
      const told = lock.abandoned;
      enter(guard, id, told, log);
      if (random() < 0.5) await pause(random);
      if (readFileSync(guard, "latin1") !== String(id)) log.line("!somebody else came into the lock");
      unlinkSync(guard);
      await lock.release();
      log.line(told ? "told" : "held");
    }
    await permits.release();
    await pause(random);
  }
}

function enter(guard: string, id: number, told: boolean, log: Log): void {
  try {
    writeFileSync(guard, String(id), { flag: "wx" });
  } catch {
    if (!told) log.line(`!in the lock with ${readFileSync(guard, "latin1")}, and not told that its holder died`);
    writeFileSync(guard, String(id));
  }
}

export async function setter({ event }: Shared, { log: path, seed }: Own): Promise<void> {
  const log = new Log(path);
  const random = randomFrom(seed);
  for (;;) {
    await event.set();
    await pause(random);
    await event.clear();
    log.line("set");
    await pause(random);
  }
}

export async function waiter({ event }: Shared, { log: path, seed }: Own): Promise<void> {
  const log = new Log(path);
  const random = randomFrom(seed);
  for (;;)
    if (await event.wait(random() < 0.3 ? { timeout: random() * 20 } : {})) {
      log.line("seen");
      await pause(random);
    }
}

/** Loads what workers load, and ends as a program does: engines keep compiled code at such an end. */
export async function warmUp({ queue }: Shared): Promise<void> {
  await queue.qsize();
}
