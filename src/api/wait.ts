import type { BlockingPort } from "../backend/contract/port.ts";
import { noSync } from "../objects/shared-object.ts";
import { type Waitable, waitableOf } from "../objects/waitable.ts";
import { countdown, SLICE, sleepSync } from "../util/blocking.ts";
import { sleep } from "../util/clock.ts";
import { describe } from "../util/describe.ts";
import { checkWait, FOREVER, ONCE, upTo, type Wait } from "../util/wait-options.ts";
import { LATE, within } from "../util/within.ts";
import { checkFrom, FROM_OPTIONS, type FromOptions, type Producers } from "./producers.ts";
import { LOOKS, PAUSE } from "./take-from.ts";

/**
 * An object whose host does not answer within so many milliseconds is left out of a look, so that the others are seen in time. The host may
 * only be slow, so each look has twice the patience of the one before.
 */
const PATIENCE_MS = 50;

/**
 * Waits until at least one of the objects is ready. A connection or queue is ready when a `recv` or `get` would not wait. A process or
 * sentinel is ready when the process has ended, an event when it is set, and a listener when `accept` would not wait. Nothing is read.
 *
 * @param objects connections, queues, processes, sentinels, events and listeners
 * @param options `timeout` in ms, `signal`, `from` (see {@link FromOptions}); default: wait for ever
 * @returns the objects that are ready, in the given order; `[]` if none was ready in time
 * @throws {TypeError} for an object that `wait` does not support
 * @throws {ProcessDiedError} if none is ready, all processes of `from` have ended, and one of them failed
 * @throws {ShutDown} if none is ready, and all processes of `from` have ended well
 * @throws {ClosedError} for an object that is closed, or that is closed during the wait
 *
 * @example
 * ```ts
 * const [a, b] = Pipe();
 * await b.send("hello");
 * console.log((await wait([a], { timeout: 1000 })).length); // 1
 * ```
 */
export async function wait<T extends object>(objects: Iterable<T>, options?: FromOptions): Promise<T[]> {
  const limits = checkWait(options, FROM_OPTIONS);
  const producers = checkFrom(options?.from);
  const list = [...checkIterable(objects)];
  const opened = openAll(list);
  const stop = new AbortController();
  const hasLimit = limits.timeout > 0;
  let patience = PATIENCE_MS;
  const ready = async (): Promise<T[]> => {
    const answers = list.map(() => false);
    const polls = pollAll(opened, ONCE).map(async (poll, i) => {
      answers[i] = await poll;
    });
    if ((await within(Promise.all(polls), hasLimit ? upTo(patience) : FOREVER)) === LATE) patience *= 2;
    return list.filter((_, i) => answers[i]);
  };
  const find = async (): Promise<T[]> => {
    for (let looks = 0; ; ) {
      const over = producers?.areOver === true;
      const now = await ready();
      if (now.length > 0 || stop.signal.aborted) return now;
      if (over) {
        if ((await areDrained(opened)) && ++looks >= LOOKS) throw producers.verdict();
        await sleep(PAUSE);
      } else if (limits.timeout === 0) return now;
      // Another process may take the item or message before `ready` looks at the object. Then the wait goes on.
      else await untilFirst(opened, stop.signal, producers);
    }
  };
  try {
    // A look has no limit of its own. It takes as long as the objects take to tell.
    const found = await within(find(), limits.timeout === 0 ? { ...FOREVER, signal: limits.signal } : limits);
    return found === LATE ? [] : found;
  } finally {
    stop.abort();
  }
}

/**
 * Like {@link wait}, but blocks this thread.
 *
 * @throws {UnsupportedError} if one of the objects belongs to the portable backend
 *
 * @example
 * ```ts
 * if (capabilities().sync) {
 *   const event = new Event();
 *   event.setSync();
 *   console.log(waitSync([event], { timeout: 1000 }).length); // 1
 *   event.close();
 * }
 * ```
 */
export function waitSync<T extends object>(objects: Iterable<T>, options?: FromOptions): T[] {
  const { timeout } = checkWait(options, FROM_OPTIONS);
  const producers = checkFrom(options?.from);
  const list = [...checkIterable(objects)];
  const waitables = openAll(list).map(({ waitable }) => waitable);
  const ports = waitables.map(({ blocking = noSync("waitSync", "wait") }): BlockingPort => blocking);
  const countDown = countdown(timeout);
  const stop = new AbortController();
  try {
    for (let watched = false; ; watched = true) {
      const over = producers?.areOverSync("waitSync", "wait") === true;
      const now = list.filter((_, i) => ports[i]?.pollSync() === true);
      const left = countDown();
      if (over && now.length === 0 && ports.every((port) => port.isDrainedSync?.() !== false)) throw producers.verdict();
      if (now.length > 0 || left <= 0) return now;
      // A pending poll makes the backend watch its object. Nothing awaits that poll.
      if (!watched) for (const each of waitables) each.poll({ timeout: Number.POSITIVE_INFINITY, signal: stop.signal }).catch(() => {});
      pump(ports, Math.min(SLICE, Math.ceil(left)));
    }
  } finally {
    stop.abort();
  }
}

// All objects of a thread that have blocking calls are woken in the same way, so one of them can wait for all.
function pump([first]: readonly BlockingPort[], ms: number): void {
  if (first !== undefined) first.pumpSync(ms);
  else sleepSync(ms);
}

interface Opened {
  /** Throws if the object can't be waited for, or is closed. */
  open(): unknown;
  readonly waitable: Waitable;
}

function openAll(list: readonly unknown[]): Opened[] {
  return list.map((object, i) => {
    const open = typeof object === "object" && object !== null ? waitableOf(object) : undefined;
    if (open === undefined)
      throw new TypeError(
        `wait() takes connections, queues, processes, sentinels, events and listeners; number ${i} is ${describe(object)}.`,
      );
    return { open, waitable: open() };
  });
}

function checkIterable<T>(objects: Iterable<T>): Iterable<T> {
  if (typeof objects !== "object" || objects === null || !(Symbol.iterator in objects)) {
    throw new TypeError(`wait() takes a list of objects, received ${describe(objects)}.`);
  }
  return objects;
}

function pollAll(opened: readonly Opened[], wait: Wait): Promise<boolean>[] {
  // An object that was closed since the last poll throws.
  for (const { open } of opened) open();
  return opened.map(({ waitable }) => waitable.poll(wait));
}

// Whether the queues among them are empty. A host that is busy answers when it goes on.
async function areDrained(opened: readonly Opened[]): Promise<boolean> {
  const answers = await Promise.all(opened.map(({ waitable }) => waitable.isDrained?.()));
  return !answers.includes(false);
}

// Resolves once one of them is ready, or all producers have ended. The polls of the others are withdrawn, so that each can be polled again.
async function untilFirst(opened: readonly Opened[], signal: AbortSignal, producers: Producers | undefined): Promise<void> {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    // Without any object, only the timeout or the signal ends the wait.
    const never = opened.length === 0 ? [new Promise(() => {})] : [];
    // The polls come first: they throw if an object was closed meanwhile.
    const polls = pollAll(opened, { timeout: Number.POSITIVE_INFINITY, signal: stop.signal });
    const over = producers === undefined ? [] : [producers.over(stop.signal)];
    await Promise.race([...polls, ...over, ...never]);
  } finally {
    signal.removeEventListener("abort", abort);
    stop.abort();
  }
}
