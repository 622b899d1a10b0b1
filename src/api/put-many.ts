import { ProcessError } from "../errors/errors.ts";
import { sourceLate } from "../errors/messages.ts";
import { now, sleep } from "../util/clock.ts";
import { describe } from "../util/describe.ts";
import { timeLeft, type Wait } from "../util/wait-options.ts";
import { LATE, within } from "../util/within.ts";
import { InLists, OneByOne, type Open, type Sink, Together } from "./put-sinks.ts";

/** After so many milliseconds of pulling and putting, the event loop turns. The clock is read once in so many items. */
const BUSY = 50;
const LOOK_EVERY = 64;

type Step = IteratorResult<unknown>;

/** Puts the items of an iterable, in their order, and returns their number. An error of a put has the number of those that are in. */
export async function putAll(open: Open, items: unknown, wait: Wait): Promise<number> {
  const source = new Source(items, wait);
  const left = wait.timeout === 0 || wait.timeout === Number.POSITIVE_INFINITY ? () => wait : timeLeft(wait);
  const { many, lists } = open();
  const sink =
    lists !== undefined
      ? new InLists(open, left, source.isQuick)
      : many !== undefined
        ? new Together(open, many, left)
        : new OneByOne(open, left);
  try {
    await putFrom(source, sink, wait, left);
    return sink.added;
  } catch (error) {
    if (error instanceof ProcessError && !source.hasThrown) Object.assign(error, { added: sink.added });
    throw error;
  } finally {
    source.close();
  }
}

async function putFrom(source: Source, sink: Sink, wait: Wait, left: () => Wait): Promise<void> {
  let since = now();
  for (let count = 1; ; count++) {
    let pending: Promise<void> | undefined;
    try {
      const pulled = source.next();
      const { done, value } = pulled instanceof Promise ? await pulledWhileFlushing(pulled, source, sink, left) : pulled;
      if (done === true) break;
      pending = sink.add(value);
    } catch (error) {
      // The items before the one at fault go in first.
      await sink.flush();
      throw error;
    }
    if (pending !== undefined) await pending;
    if (count % LOOK_EVERY !== 0 || now() - since < BUSY) continue;
    await sleep(0);
    since = now();
    wait.signal?.throwIfAborted();
    if (wait.timeout > 0 && left().timeout === 0) throw sourceLate();
  }
  await sink.flush();
  sink.end?.();
}

// Waits for the next item of an asynchronous source. What came before goes in meanwhile.
async function pulledWhileFlushing(pulled: Promise<Step>, source: Source, sink: Sink, left: () => Wait): Promise<Step> {
  // If the queue has ended, what the source says later is nobody's.
  pulled.catch(() => {});
  const flight = sink.flush();
  const waiting = within(pulled, { timeout: left().timeout, signal: source.stops });
  waiting.catch(() => {});
  if (flight !== undefined) await Promise.race([waiting, flight]);
  const step = await waiting;
  if (step === LATE) throw sourceLate();
  return step;
}

/** The iterable whose items are put. */
class Source {
  /** Whether the last error came from the source itself. */
  hasThrown = false;
  readonly #iterator: Iterator<unknown> | AsyncIterator<unknown>;
  /** Whether the next item is there at once. A generator may take its time for each. */
  readonly isQuick: boolean;
  readonly #isAsync: boolean;
  readonly #signal: AbortSignal | undefined;
  // Only the waits for an asynchronous source need one.
  #stop: AbortController | undefined;
  #isOver = false;

  constructor(items: unknown, { signal }: Wait) {
    const { [Symbol.asyncIterator]: async, [Symbol.iterator]: sync } = Object(items) as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
    const open = async ?? sync;
    if (typeof open !== "function") throw new TypeError(`putMany takes an iterable of items, received ${describe(items)}.`);
    this.#iterator = Reflect.apply(open as () => Iterator<unknown> | AsyncIterator<unknown>, items, []);
    this.#isAsync = open === async;
    this.isQuick = Array.isArray(items);
    this.#signal = signal;
  }

  /** Ends the waits for the source. */
  get stops(): AbortSignal {
    if (this.#stop === undefined) {
      this.#stop = new AbortController();
      if (this.#signal?.aborted === true) this.#abort();
      else this.#signal?.addEventListener("abort", this.#abort, { once: true });
    }
    return this.#stop.signal;
  }

  next(): Step | Promise<Step> {
    try {
      const step = this.#iterator.next();
      if (this.#isAsync) return Promise.resolve(step).then(this.#note, this.#fail);
      return this.#note(step as Step);
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** Ends the source, unless it has ended itself. Its `return()` may take any time, so nothing waits for it. */
  close(): void {
    this.#stop?.abort();
    this.#signal?.removeEventListener("abort", this.#abort);
    if (this.#isOver) return;
    try {
      Promise.resolve(this.#iterator.return?.()).catch(() => {});
    } catch {
      // The caller gets the error that ended the call.
    }
  }

  readonly #abort = (): void => this.#stop?.abort(this.#signal?.reason);

  readonly #note = (step: Step): Step => {
    this.#isOver = step.done === true;
    return step;
  };

  readonly #fail = (error: unknown): never => {
    this.hasThrown = true;
    this.#isOver = true;
    throw error;
  };
}
