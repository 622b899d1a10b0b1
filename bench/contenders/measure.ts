// Shared by the programs that are measured: passes that grow, and the line with the result.

/** Prints the line that the runner reads: one value, or several values of which the runner takes the median. */
export function report(measured: number | readonly number[]): void {
  console.log(JSON.stringify(typeof measured === "number" ? { value: measured } : { values: measured }));
}

/** Runs longer and longer passes until one takes about `ms`, and returns its rate a second. The first passes let the engine compile. */
export async function rate(pass: (count: number) => Promise<number> | number, ms: number, first = 64): Promise<number> {
  for (let count = first, passes = 1; ; passes++) {
    const start = performance.now();
    const done = await pass(count);
    const took = performance.now() - start;
    if (took >= ms / 2 && passes > 2) return (done / took) * 1000;
    count = Math.ceil(Math.min(count * 10, Math.max(1, (count * ms) / took)));
  }
}

/** Runs passes of the same length, and returns how fast the slowest one is, compared with their median. */
export async function slowest(pass: (count: number) => Promise<number>, count: number, passes: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < passes; i++) {
    const start = performance.now();
    await pass(count);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return (times[passes >> 1] as number) / (times[passes - 1] as number);
}

/** Makes items: small objects, or byte arrays of this length. */
export function items(bytes: number): (i: number) => unknown {
  if (bytes === 0) return (i) => ({ id: i, name: `item ${i}` });
  const value = new Uint8Array(bytes).fill(7);
  return () => value;
}

/** A string of this length. */
export function text(length: number): string {
  return "x".repeat(length);
}

const neverNotified = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread. */
export function sleep(ms: number): void {
  Atomics.wait(neverNotified, 0, 0, ms);
}

interface RoundTripSettings {
  /** How long the busy exchange takes. */
  readonly ms: number;
  /** The pause before each round trip, in milliseconds; 0 for a busy exchange. */
  readonly pause: number;
  /** How many round trips are measured after a pause. */
  readonly samples: number;
}

/** Microseconds of a round trip: the mean of a busy exchange, or each sample after a pause. */
export async function roundTrip(once: () => Promise<unknown>, { ms, pause, samples }: RoundTripSettings): Promise<number | number[]> {
  const pass = async (count: number): Promise<number> => {
    for (let i = 0; i < count; i++) await once();
    return count;
  };
  const busy = 1e6 / (await rate(pass, ms));
  if (pause === 0) return busy;
  const times: number[] = [];
  for (let i = 0; i < samples; i++) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    const start = performance.now();
    await once();
    times.push((performance.now() - start) * 1000);
  }
  return times;
}

/** As {@link roundTrip}, for calls that block. An `await` would give the event loop a turn, so this loop has none. */
export async function roundTripSync(once: () => void, { ms, pause, samples }: RoundTripSettings): Promise<number | number[]> {
  const pass = (count: number): number => {
    for (let i = 0; i < count; i++) once();
    return count;
  };
  const busy = 1e6 / (await rate(pass, ms));
  if (pause === 0) return busy;
  const times: number[] = [];
  for (let i = 0; i < samples; i++) {
    sleep(pause);
    const start = performance.now();
    once();
    times.push((performance.now() - start) * 1000);
  }
  return times;
}
