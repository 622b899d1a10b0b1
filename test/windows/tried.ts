// What `npm run test:windows` runs unless POLYPROC_TEST_FILES chooses files: the folders and files of cases that have been tried there. What is
// not listed has not been tried yet.
type Tried = Readonly<Record<string, readonly string[]>>;

const MOST: readonly string[] = ["barrier", "condition", "connection", "event", "launch", "lock", "pool/basics", "process", "queue"];

const TRIED: Tried = {
  node: MOST,
  deno: MOST,
  bun: MOST,
};

/** Whether a file of cases, such as "queue/waits", has been tried on a runtime. */
export function isTried(file: string, runtime: string): boolean {
  return (TRIED[runtime] ?? []).some((tried) => file === tried || file.startsWith(`${tried}/`));
}
