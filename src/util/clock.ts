// The only source of timers and clocks in this library. They are taken when this module loads. So a program that replaces them later, as
// fake timers in tests do, does not stop this library's waits. A unit test keeps the other files from using the globals.
import { clearTimeout, setImmediate, setInterval, setTimeout } from "node:timers";

/** A timer that was started. It does not keep the event loop alive unless `ref` is called. */
export interface Timer {
  ref(): unknown;
  unref(): unknown;
  /** Fakes may have no such method. */
  close?(): unknown;
}

// What all runtimes call the class of their timers.
type TimerClass = new (callback: () => void, ms: number, args: readonly unknown[], again: boolean, ref: boolean) => Timer;

// The longest delay of a timer. With a longer delay it would fire at once.
const LONGEST_DELAY = 2 ** 31 - 1;

// An import is a view of the module's present export, which fake timers may replace. A constant keeps the function itself.
const [startReal, stopReal, repeatReal, turnReal] = [setTimeout, clearTimeout, setInterval, setImmediate];
// Deno's functions ask at each call whether the mock timers of node:test are enabled. The class of its timers does not.
const Timeout = classOfTimers();
const { now: wall } = Date;
const clock: Pick<Performance, "now" | "timeOrigin"> = isReal(globalThis.performance)
  ? globalThis.performance
  : process.getBuiltinModule("node:perf_hooks").performance;
// A fake clock is usually put on the object. The real method stays on the prototype, where it is one of the prototype's.
const monotonic: () => number = (Object.getPrototypeOf(clock) as Partial<Performance>).now ?? clock.now;

// Whether the clock is the runtime's own. Fakes that were installed before this module was loaded have put another object there.
function isReal(performance: unknown): boolean {
  return Object.getPrototypeOf(performance)?.constructor?.name === "Performance";
}

/** Returns the time in milliseconds since some moment. It never goes back. */
export function now(): number {
  return monotonic.call(clock);
}

/** Returns the date and time in milliseconds since 1970. */
export function date(): number {
  return wall();
}

/** Returns the time in milliseconds since 1970 at which {@link now} was 0. With it, processes compare their times to fractions of a millisecond. */
export function timeOrigin(): number {
  return clock.timeOrigin;
}

/** Calls `callback` after `ms` milliseconds, or after about 24 days if that is earlier. */
export function startTimer(callback: () => void, ms: number): Timer {
  const timer = begin(callback, ms, false);
  timer.unref();
  return timer;
}

export function stopTimer(timer: Timer | undefined): void {
  if (timer?.close !== undefined) timer.close();
  else stopReal(timer as NodeJS.Timeout | undefined);
}

/** Calls `callback` every `ms` milliseconds, or about every 24 days if that is more often. */
export function repeat(callback: () => void, ms: number): Timer {
  const timer = begin(callback, ms, true);
  timer.unref();
  return timer;
}

/** Resolves after `ms` milliseconds. It keeps the event loop alive. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void begin(resolve, ms, false));
}

function begin(callback: () => void, ms: number, again: boolean): Timer {
  const delay = Math.min(ms, LONGEST_DELAY);
  const timer = (again ? repeatReal : startReal)(callback, delay);
  if (Timeout === undefined || timer.constructor === Timeout) return timer;
  stopReal(timer);
  return new Timeout(callback, delay, [], again, true);
}

// `undefined` if fakes were installed before this module was loaded.
function classOfTimers(): TimerClass | undefined {
  const timer = startReal(() => {}, LONGEST_DELAY);
  stopReal(timer);
  return timer?.constructor.name === "Timeout" ? (timer.constructor as TimerClass) : undefined;
}

/** Calls `callback` once the present task is done. Fakes replace `queueMicrotask`, but not the jobs of promises. */
export function soon(callback: () => void): void {
  void Promise.resolve().then(callback);
}

/** Calls `callback` after the event loop has handled what waits for it. */
export function nextTurn(callback: () => void): void {
  turnReal(callback);
}

/** Resolves after the event loop has handled what waits for it. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void turnReal(resolve));
}
