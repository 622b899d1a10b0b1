// The one reader of /proc in tests and scripts. A process can end at any time, so each function copes with one that is gone.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The environment variable that marks all processes of one test. Children inherit it, so orphans are found too. */
export const TAG = "POLYPROC_TEST_TAG";

/** A flag of the kernel: the process is on its way to its end and runs no program any more. */
const PF_EXITING = 4;

type Pid = number | "self";

/** The text of a file below /proc; empty if the process is gone or belongs to another user. */
function read(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, "latin1");
  } catch {
    return "";
  }
}

/** The ids of all processes of this machine. */
export function allProcesses(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** The processes that have this tag in their environment. */
export function taggedProcesses(tag: string): number[] {
  return allProcesses().filter((pid) => read(`${pid}/environ`).includes(tag));
}

/** Kills a process, if it is still there. */
export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}

/** Kills the processes that have this tag in their environment. */
export function killTagged(tag: string): void {
  for (const pid of taggedProcesses(tag)) kill(pid);
}

/** The command line of a process. */
export function commandOf(pid: number): string {
  return read(`${pid}/cmdline`).replaceAll("\0", " ");
}

export interface Stat {
  readonly name: string;
  /** A letter of ps(1): "T" is stopped, "Z" is a zombie. */
  readonly state: string;
  readonly parent: number;
  readonly flags: number;
}

/** The state of a process, as the kernel reports it; undefined if the process is gone. */
export function statOf(pid: number): Stat | undefined {
  const text = read(`${pid}/stat`);
  // The name may contain parentheses and spaces itself.
  const nameEnd = text.lastIndexOf(")");
  if (nameEnd === -1) return undefined;
  const fields = text.slice(nameEnd + 2).split(" ");
  return { name: text.slice(text.indexOf("(") + 1, nameEnd), state: fields[0] ?? "", parent: Number(fields[1]), flags: Number(fields[6]) };
}

/** Whether a process is there and has not ended. A zombie has ended, although its parent has not reaped it yet. */
export function isAlive(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== undefined && !/[ZX]/.test(stat.state);
}

/** Whether a process can still run its program: it lives, and the kernel is not ending it. */
export function isRunning(pid: number): boolean {
  return isAlive(pid) && ((statOf(pid)?.flags ?? PF_EXITING) & PF_EXITING) === 0;
}

/** MiB of memory that a process has resident, with the pages that it shares. */
export function residentMemory(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(read(`${pid}/status`)) ?? [];
  return Number(kib) / 1024;
}

/** The open descriptors of a process, with the file, socket or pipe behind each. */
export function openFiles(pid: Pid = "self"): Map<number, string> {
  const folder = `/proc/${pid}/fd`;
  const files = new Map<number, string>();
  for (const fd of readdirSync(folder)) {
    try {
      files.set(Number(fd), readlinkSync(`${folder}/${fd}`));
    } catch {
      // Closed in the meantime. In this process it is the descriptor that read the folder.
    }
  }
  return files;
}

/** The addresses of all bound Unix sockets of this machine; abstract ones begin with "@". */
export function boundUnixSockets(): string[] {
  return read("net/unix")
    .split("\n")
    .map((line) => line.split(" ").at(-1) ?? "")
    .filter((address) => address !== "");
}
