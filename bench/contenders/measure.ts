// What the programs that are measured have in common: one line of JSON on stdout, `name=value` arguments, passes that grow.

type Values = Readonly<Record<string, string | number>>;

/** The program's `name=value` arguments, over these defaults. */
export function settings<T extends Values>(defaults: T): { readonly [Name in keyof T]: T[Name] extends number ? number : string } {
  const given = process.argv.slice(2).map((text) => text.split("=", 2) as [string, string]);
  const known = given.filter(([name]) => Object.hasOwn(defaults, name));
  const values = known.map(([name, value]) => [name, typeof defaults[name] === "number" ? Number(value) : value]);
  return { ...defaults, ...Object.fromEntries(values) };
}

/** The line that the runner reads. */
export function report(value: number): void {
  console.log(JSON.stringify({ value }));
}

/** Runs longer and longer passes, the first ones for warmth; gives how much a second the one did that took about `ms`. */
export async function rate(pass: (count: number) => Promise<number> | number, ms: number, first = 64): Promise<number> {
  for (let count = first, passes = 1; ; passes++) {
    const start = performance.now();
    const done = await pass(count);
    const took = performance.now() - start;
    if (took >= ms / 2 && passes > 2) return (done / took) * 1000;
    count = Math.ceil(Math.min(count * 10, Math.max(1, (count * ms) / took)));
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** What is sent: a small object, or so many bytes. */
export function items(bytes: number): (i: number) => unknown {
  if (bytes === 0) return (i) => ({ id: i, name: `item ${i}` });
  const value = new Uint8Array(bytes).fill(7);
  return () => value;
}

/** A string of so many characters. */
export function text(length: number): string {
  return "x".repeat(length);
}

const nobody = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread. */
export function sleep(ms: number): void {
  Atomics.wait(nobody, 0, 0, ms);
}

/** Microseconds of one round trip: the mean of a busy exchange or, with `pause` ms before each, the median of `samples` after such an exchange. */
export async function roundTrip(once: () => Promise<unknown>, settings: { ms: number; pause: number; samples: number }): Promise<number> {
  const { ms, pause, samples } = settings;
  const pass = async (count: number): Promise<number> => {
    for (let i = 0; i < count; i++) await once();
    return count;
  };
  if (pause === 0) return 1e6 / (await rate(pass, ms));
  await rate(pass, ms);
  const times: number[] = [];
  for (let i = 0; i < samples; i++) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    const start = performance.now();
    await once();
    times.push((performance.now() - start) * 1000);
  }
  return median(times);
}

/** As {@link roundTrip}, for calls that block. */
export async function roundTripSync(once: () => void, settings: { ms: number; pause: number; samples: number }): Promise<number> {
  const { ms, pause, samples } = settings;
  const pass = (count: number): number => {
    for (let i = 0; i < count; i++) once();
    return count;
  };
  if (pause === 0) return 1e6 / (await rate(pass, ms));
  await rate(pass, ms);
  const times: number[] = [];
  for (let i = 0; i < samples; i++) {
    sleep(pause);
    const start = performance.now();
    once();
    times.push((performance.now() - start) * 1000);
  }
  return median(times);
}
