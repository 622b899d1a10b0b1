import { chooseBackend } from "../backend/registry.ts";
import { TimeoutError } from "../errors/errors.ts";
import { noSync } from "../objects/shared-object.ts";
import { holdEventLoop } from "../util/event-loop.ts";
import { checkWait, describe, ONCE, type Wait, type WaitOptions, watchWait } from "../util/timing.ts";

/** What `wait()` asks of an object: whether, or when, a read would not wait. */
export interface Poller {
  poll(wait: Wait): Promise<boolean>;
  /** Where the backend has blocking calls. */
  pollNow?(): boolean;
}

/** A blocking wait looks again this often: milliseconds. */
const SLICE = 100;

const pollers = new WeakMap<object, () => Poller>();

/** Lets `wait()` take the object; `open` throws if it can't be waited for now. */
export function waitable(object: object, open: () => Poller): void {
  pollers.set(object, open);
}

/**
 * Waits until one or more of the objects are ready: a message, an item or an end can be read, or the process has ended. Reads nothing.
 *
 * @param objects connections, queues, processes and their sentinels, events, listeners
 * @param options `timeout` in ms, `signal`; default: wait for ever
 * @returns those that are ready, in the order given; `[]` if none was in time
 * @throws {TypeError} for what can't be waited for
 *
 * @example
 * ```ts
 * const [a, b] = Pipe();
 * await b.send("hello");
 * console.log((await wait([a], { timeout: 1000 })).length); // 1
 * ```
 */
export async function wait<T extends object>(objects: Iterable<T>, options?: WaitOptions): Promise<T[]> {
  const limits = checkWait(options);
  const list = [...checkIterable(objects)];
  const polls = openAll(list);
  const ready = async (): Promise<T[]> => {
    const answers = await Promise.all(polls.map((poll) => poll.poll(ONCE)));
    return list.filter((_, i) => answers[i]);
  };
  const until = performance.now() + limits.timeout;
  for (let left = limits.timeout; ; left = Math.max(0, until - performance.now())) {
    const now = await ready();
    if (now.length > 0 || left === 0) return now;
    limits.signal?.throwIfAborted();
    // What was ready may be somebody else's when it is looked at.
    if (!(await untilFirst(polls, { ...limits, timeout: left }))) return [];
  }
}

/**
 * As `wait`, blocking this thread. Native backend.
 *
 * @throws {UnsupportedError} if one of the objects is of the portable backend
 */
export function waitSync<T extends object>(objects: Iterable<T>, options?: WaitOptions): T[] {
  const { timeout } = checkWait(options);
  const list = [...checkIterable(objects)];
  const polls = openAll(list);
  if (polls.some(({ pollNow }) => pollNow === undefined)) noSync("waitSync", "wait");
  const backend = chooseBackend("native");
  const until = performance.now() + timeout;
  const stop = new AbortController();
  try {
    for (let watched = false; ; watched = true) {
      const now = list.filter((_, i) => polls[i]?.pollNow?.() === true);
      const left = until - performance.now();
      if (now.length > 0 || left <= 0) return now;
      // A pending poll has its object watched; that nobody awaits it is no matter.
      if (!watched) for (const poll of polls) poll.poll({ timeout: Number.POSITIVE_INFINITY, signal: stop.signal }).catch(() => {});
      backend.pumpSync?.(Math.min(SLICE, Math.ceil(left)));
    }
  } finally {
    stop.abort();
  }
}

function openAll(list: readonly unknown[]): Poller[] {
  return list.map((object, i) => {
    const open = typeof object === "object" && object !== null ? pollers.get(object) : undefined;
    if (open === undefined)
      throw new TypeError(
        `wait() takes connections, queues, processes, sentinels, events and listeners; number ${i} is ${describe(object)}.`,
      );
    return open();
  });
}

function checkIterable<T>(objects: Iterable<T>): Iterable<T> {
  if (typeof objects !== "object" || objects === null || !(Symbol.iterator in objects)) {
    throw new TypeError(`wait() takes a list of objects, received ${describe(objects)}.`);
  }
  return objects;
}

// True once one of them is ready; false when the time ran out. The others are told to stop.
async function untilFirst(polls: readonly Poller[], { timeout, signal }: Wait): Promise<boolean> {
  const stop = new AbortController();
  const abort = (): void => stop.abort(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  const letGo = holdEventLoop();
  try {
    return await Promise.race([
      ...polls.map((poll) => poll.poll({ timeout, signal: stop.signal })),
      // With nothing to wait for, the wait is for the time alone.
      ...(polls.length === 0 ? [never({ timeout, signal: stop.signal })] : []),
    ]);
  } finally {
    signal?.removeEventListener("abort", abort);
    letGo();
    stop.abort();
  }
}

function never({ timeout, signal }: Wait): Promise<boolean> {
  return new Promise((resolve, reject) => {
    watchWait(
      { timeout, signal },
      () => new TimeoutError(),
      (reason) => (reason instanceof TimeoutError ? resolve(false) : reject(reason)),
    );
  });
}
