// How a wait for items ends when the processes that could put have ended: the option `from`.
import type { QueuePort } from "../backend/contract/queue.ts";
import { noSync } from "../objects/shared-object.ts";
import { countdown, SLICE, sleepSync } from "../util/blocking.ts";
import { sleep } from "../util/clock.ts";
import { ONCE, timeLeft, type Wait } from "../util/wait-options.ts";
import { LATE, within } from "../util/within.ts";
import type { Producers } from "./producers.ts";

/** What ended processes had sent may have come and not be read yet. So their queue is looked at so often before it counts as drained. */
export const LOOKS = 3;
/** The pause in milliseconds before the next look at a queue whose items go to others, or are on their way to this process. */
export const PAUSE = 10;
/** The limit in milliseconds for a queue's host to tell whether the queue is drained, in a call that does not wait. */
const LOOK_LIMIT = 1000;

/** A call that takes something from a queue, within a wait's limits. */
type Take<T> = (wait: Wait) => Promise<T | undefined>;

const OVER: unique symbol = Symbol("all producers have ended");

/**
 * Makes a call that takes something from a queue. Throws the verdict about the producers once all of them have ended and the queue has
 * nothing left. Returns `undefined` if the time ran out.
 */
export async function takeFrom<T>(port: QueuePort, wait: Wait, producers: Producers, take: Take<T>): Promise<T | undefined> {
  const left = timeLeft(wait);
  const taken = producers.areOver ? OVER : await whileAlive(wait, producers, take);
  return taken === OVER ? takeRest(port, wait, left, producers, take) : taken;
}

// Makes the call as long as producers are alive. Ending the call gives back what it was about to take.
async function whileAlive<T>(wait: Wait, producers: Producers, take: Take<T>): Promise<T | typeof OVER | undefined> {
  const stop = new AbortController();
  const abort = (): void => stop.abort(wait.signal?.reason);
  wait.signal?.addEventListener("abort", abort, { once: true });
  producers.over(stop.signal).then(
    () => stop.abort(OVER),
    () => {},
  );
  try {
    return await take({ timeout: wait.timeout, signal: stop.signal });
  } catch (error) {
    if (error !== OVER) throw error;
    return OVER;
  } finally {
    wait.signal?.removeEventListener("abort", abort);
    stop.abort();
  }
}

async function takeRest<T>(port: QueuePort, wait: Wait, left: () => Wait, producers: Producers, take: Take<T>): Promise<T | undefined> {
  for (let looks = 1; ; looks++) {
    wait.signal?.throwIfAborted();
    const taken = await take(ONCE);
    if (taken !== undefined) return taken;
    const drained = await within(port.isDrained(), wait.timeout === 0 ? { ...wait, timeout: LOOK_LIMIT } : left());
    if (drained === LATE) return undefined;
    if (drained && looks >= LOOKS) throw producers.verdict();
    if (!drained && left().timeout === 0) return undefined;
    await sleep(drained ? 0 : PAUSE);
  }
}

/** Like {@link takeFrom}, but blocks this thread. */
export function takeFromSync<T>(port: QueuePort, wait: Wait, producers: Producers, take: (wait: Wait) => T | undefined): T | undefined {
  const { blocking = noSync("getSync", "get") } = port;
  const left = countdown(wait.timeout);
  for (;;) {
    // What comes between this and the look below was put by a process that was alive.
    const over = producers.areOverSync("getSync", "get");
    const ms = left();
    const taken = take({ timeout: over ? 0 : Math.max(0, Math.min(SLICE, ms)), signal: wait.signal });
    if (taken !== undefined) return taken;
    if (over && blocking.isDrainedSync()) throw producers.verdict();
    if (ms <= 0) return undefined;
    wait.signal?.throwIfAborted();
    if (over) sleepSync(PAUSE);
  }
}
