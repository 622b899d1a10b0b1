// What `npm run test:windows` runs unless POLYPROC_TEST_FILES chooses files: the folders and files of cases that have been tried there. What is
// not listed has not been tried yet.
type Tried = Readonly<Record<string, readonly string[]>>;

const ALL: readonly string[] = [
  "barrier",
  "condition",
  "connection",
  "event",
  "launch",
  "listener",
  "lock",
  "options",
  "pool/basics",
  "process",
  "queue",
  "semaphore",
  "shared-value",
  "wait",
];
const MORE: readonly string[] = [
  "mixed",
  "pool/again",
  "pool/arrays",
  "pool/bad-tasks",
  "pool/executor",
  "pool/hostile",
  "shared-array",
  "shared-object",
  "values",
];

const TRIED: Tried = { node: [...ALL, ...MORE], deno: ALL, bun: [...ALL, ...MORE] };

/** Whether a file of cases, such as "queue/waits", has been tried on a runtime. */
export function isTried(file: string, runtime: string): boolean {
  return (TRIED[runtime] ?? []).some((tried) => file === tried || file.startsWith(`${tried}/`));
}
