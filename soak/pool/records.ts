// What the tasks write down. Each worker appends records to one file. They are there also when the worker is killed in the next instant.
import { openSync, readFileSync, writeSync } from "node:fs";

/** Records have one length that divides the size of a page. So the kernel writes all of a record, or nothing. */
const LENGTH = 64;

export type Kind = "begins" | "ends";

export interface RunRecord {
  readonly kind: Kind;
  readonly task: number;
  readonly attempt: number;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

let log: { readonly path: string; readonly fd: number } | undefined;

/** Appends a record of this process. */
export function record(path: string, kind: Kind, task: number, attempt: number): void {
  if (log?.path !== path) log = { path, fd: openSync(path, "a") };
  const text = `${kind} ${task} ${attempt} ${process.pid} ${Date.now()}`;
  writeSync(log.fd, `${text.padEnd(LENGTH - 1)}\n`);
}

export function readRecords(path: string): RunRecord[] {
  const lines = readFileSync(path, "latin1").split("\n").slice(0, -1);
  return lines.map((line) => {
    const [kind, ...numbers] = line.trim().split(" ");
    const [task = 0, attempt = 0, pid = 0, at = 0] = numbers.map(Number);
    return { kind: kind as Kind, task, attempt, pid, at };
  });
}
