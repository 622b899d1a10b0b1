import { readFileSync } from "node:fs";

/** MiB that a process has resident, with the pages that it shares. */
export function resident(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) / 1024;
}
