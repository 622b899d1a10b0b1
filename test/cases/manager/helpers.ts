// The classes and targets of these cases.
import { closeSync, openSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type Event, Manager, type ManagerOptions, type Queue, type Remote, type SharedDict, type SharedList } from "../../../mod.ts";
import { stay } from "../../suite/sync.ts";

/** Runs with a manager whose server has ended by the time that this returns. */
export async function withManager(act: (manager: Manager) => Promise<void>, options?: ManagerOptions): Promise<void> {
  const manager = new Manager(options);
  try {
    await act(manager);
  } finally {
    await manager[Symbol.asyncDispose]();
  }
}

export class Base {
  inherited(): string {
    return "from the base class";
  }
}

/** A class with all sorts of methods. */
export class Tally extends Base {
  total: number;
  ended = 0;
  waiting = 0;
  isOpen = false;
  #entered = 0;

  constructor(total = 0) {
    super();
    if (total < 0) throw new RangeError("a total is not negative");
    this.total = total;
  }

  add(n: number): number {
    this.total += n;
    return this.total;
  }

  /** Lets others in between: gives how many calls have entered when this one goes on. */
  async meet(parties: number): Promise<number> {
    this.#entered++;
    while (this.#entered < parties) await delay(1);
    return this.#entered;
  }

  *count(to: number): Generator<number, string> {
    try {
      for (let i = 0; i < to; i++) yield i;
      return "over";
    } finally {
      this.ended++;
    }
  }

  async *later(to: number): AsyncGenerator<number> {
    for (let i = 0; i < to; i++) yield i;
  }

  /** Gives an iterator once {@link open} was called. */
  async iterateLater(): Promise<AsyncIterableIterator<number>> {
    this.waiting++;
    while (!this.isOpen) await delay(1);
    const iterator: AsyncIterableIterator<number> = {
      next: async () => ({ done: false, value: 1 }),
      return: async () => ({ done: true, value: ++this.ended }),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  open(): number {
    this.isOpen = true;
    return this.waiting;
  }

  endings(): number {
    return this.ended;
  }

  fail(message: string): never {
    throw Object.assign(new RangeError(message), { detail: { deep: [1] } });
  }

  closure(): () => void {
    return () => {};
  }

  /** Computes for so many milliseconds. */
  compute(ms: number): void {
    for (const end = performance.now() + ms; performance.now() < end; );
  }

  exit(code: number): never {
    process.exit(code);
  }

  pid(): number {
    return process.pid;
  }

  _private(): string {
    return "private";
  }
}

/** Takes all descriptors that its process may have. */
export class Files {
  readonly #open: number[] = [];

  openAll(): number {
    // Deno opens a pipe with the first handler of a signal, and panics if it can't. It has handlers of its own, which may come later than this.
    process.on("SIGUSR2", ignore).off("SIGUSR2", ignore);
    try {
      for (;;) this.#open.push(openSync("/dev/null", "r"));
    } catch {
      return this.#open.length;
    }
  }

  closeAll(): void {
    for (const fd of this.#open.splice(0)) closeSync(fd);
  }
}

function ignore(): void {}

export const notAClass = 5;
export const arrow = (): void => {};
export const increment = (n = 0, by = 1): number => n + by;
export const drop = (): undefined => undefined;
export const later = async (): Promise<number> => 1;
export const fail = (): never => {
  throw new RangeError("the function says no");
};
export const size = (text: string): number => text.length;

/** Adds to a key of a dict, so many times. */
export async function addMany(dict: SharedDict<string, number>, times: number): Promise<number> {
  for (let i = 0; i < times; i++) await dict.compute("n", increment);
  return (await dict.get("n")) ?? 0;
}

/** Holds a proxy until it is told to end. */
export async function holdUntil(list: SharedList<number>, ready: Queue, end: Event): Promise<number> {
  await ready.put(await list.length());
  await end.wait();
  return list.length();
}

/** Takes from an iterator, and holds it until this process is killed. */
export async function holdIterator(iterator: AsyncIterableIterator<number>, ready: Queue): Promise<void> {
  await iterator.next();
  await ready.put("holds");
  await stay();
}

/** Makes a call whose reply it does not live to see. */
export async function waitForIterator(tally: Remote<Tally>, ready: Queue): Promise<void> {
  const waiting = tally.iterateLater();
  await tally.endings();
  await ready.put("waits");
  await waiting;
}

/** Says how its first call ends, and calls again when it is told to, until it is served. */
export async function callUntilServed(dict: SharedDict<string, number>, ready: Queue<string>, freed: Event): Promise<number | undefined> {
  await ready.put(await dict.get("a").then(String, (error: Error) => error.name));
  await freed.wait();
  for (;;) {
    try {
      return await dict.get("a");
    } catch {
      await delay(5);
    }
  }
}

/** Makes a manager, says what it is, and lives on. */
export async function makeAndStay(q: Queue): Promise<void> {
  const manager = new Manager();
  await q.put({ list: await manager.list([1, 2]), pid: manager.pid });
  await stay();
}

/** Changes the items, and then throws. */
export function addTooMuch(items: string[] = []): string[] {
  items.push("too much");
  throw new RangeError("full");
}

/** A class that has a method `close`, as many have. */
export class Door {
  closed = 0;

  close(): number {
    return ++this.closed;
  }
}
