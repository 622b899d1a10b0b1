// How a row's program tells what it saw: one line of JSON.

/** `ok`: whether that is what polyproc promises. `begun`: when what is timed began. */
export function observe(observed: string, begun: number, ok: boolean): never {
  console.log(JSON.stringify({ observed, ms: performance.now() - begun, ok }));
  process.exit(0);
}

/** Until somebody kills this process. */
export function stay(): Promise<never> {
  return new Promise(() => setInterval(() => {}, 1000));
}

/** An error as the table shows it. */
export function named(error: unknown): string {
  return error instanceof Error ? `\`${error.name}\`` : String(error);
}
