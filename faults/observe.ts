// Prints what a program of a row observed, as one line of JSON.

const BLOCKED_FOR_MS = 8000;

/** Prints the observation and ends this process. `begun`: when the measured time began. `ok`: whether polyproc promises this. */
export function observe(observed: string, begun: number, ok: boolean): never {
  console.log(JSON.stringify({ observed, ms: performance.now() - begun, ok }));
  process.exit(0);
}

/** Reports the call as blocked if the program still runs 8 s later. Returns the time at which the call begins. */
export function unlessBlocked(call: string): number {
  const begun = performance.now();
  setTimeout(() => observe(`\`${call}\` still blocked`, begun, false), BLOCKED_FOR_MS);
  return begun;
}

/** An error as the table shows it. */
export function named(error: unknown): string {
  return error instanceof Error ? `\`${error.name}\`` : String(error);
}
