// The tasks of the pools that are measured. Each kind of pool runs the same ones.

export function addOne(x: number): number {
  return x + 1;
}

/** For pools that have no `map`: the program cuts the chunks. */
export function addOneToEach(numbers: readonly number[]): number[] {
  return numbers.map(addOne);
}

export function echo(bytes: Uint8Array): Uint8Array {
  return bytes;
}

/** Takes some milliseconds and no core. Returns the number of its process. */
export async function rest(ms: number): Promise<number> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  return process.pid;
}
