import { fs } from "../util/lazy-modules.ts";
import { platform, readProc } from "./platform.ts";

/** What the system knows of a process. */
export interface Usage {
  readonly parent: number;
  readonly state: "running" | "sleeping" | "stopped" | "ended" | "unknown";
  /** The milliseconds since it was started. */
  readonly age: number;
  /** The milliseconds of CPU time that it has used. */
  readonly cpu: number;
  /** Its resident memory in bytes. */
  readonly memory: number;
}

const STATES: Readonly<Record<string, Usage["state"]>> = {
  R: "running",
  S: "sleeping",
  D: "sleeping",
  I: "sleeping",
  T: "stopped",
  t: "stopped",
  Z: "ended",
  X: "ended",
};
/** Linux counts CPU time for programs in this unit, whatever the kernel's own is. */
const TICK_MS = 10;
const PAGE_SIZE = 4096;

/** Returns the pids of the processes of this user. Systems without /proc do not tell them: the list is empty. */
export function processesOfUser(): number[] {
  if (platform.name !== "linux") return [];
  const user = process.geteuid?.();
  return fs()
    .readdirSync("/proc")
    .flatMap((name) => {
      const pid = Number(name);
      if (!Number.isInteger(pid)) return [];
      return fs().statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === user ? [pid] : [];
    });
}

/** Returns the names of the files that a process has open, by their numbers. Empty if it is gone, or this user may not look. */
export function openFiles(pid: number): Map<number, string> {
  const files = new Map<number, string>();
  try {
    for (const name of fs().readdirSync(`/proc/${pid}/fd`)) {
      try {
        files.set(Number(name), fs().readlinkSync(`/proc/${pid}/fd/${name}`));
      } catch {
        // It was closed meanwhile.
      }
    }
  } catch {}
  return files;
}

/** The path by which this user can open the same file as a process has open. */
export function openFilePath(pid: number, fd: number): string {
  return `/proc/${pid}/fd/${fd}`;
}

/** Returns what the system knows of these processes. Those that are gone are left out. On Windows that is all of them. */
export function usageOf(pids: readonly number[]): Map<number, Usage> {
  if (platform.name === "linux") return usageOnLinux(pids);
  return platform.hasSocketFiles ? usageByPs(pids) : new Map();
}

function usageOnLinux(pids: readonly number[]): Map<number, Usage> {
  const usage = new Map<number, Usage>();
  const uptime = Number.parseFloat(readProc("uptime")) * 1000;
  for (const pid of pids) {
    try {
      const text = readProc(`${pid}/stat`, "latin1");
      // The name is in brackets, and may contain anything.
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      const ticks = (index: number): number => Number(fields[index]) * TICK_MS;
      usage.set(pid, {
        parent: Number(fields[1]),
        state: STATES[fields[0] ?? ""] ?? "unknown",
        age: Math.max(0, uptime - ticks(19)),
        cpu: ticks(11) + ticks(12),
        memory: Number(fields[21]) * PAGE_SIZE,
      });
    } catch {
      // It has ended.
    }
  }
  return usage;
}

// macOS and the BSDs have no /proc, but the same command.
function usageByPs(pids: readonly number[]): Map<number, Usage> {
  const usage = new Map<number, Usage>();
  if (pids.length === 0) return usage;
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const columns = "pid=,ppid=,state=,rss=,etime=,time=";
  const { stdout } = spawnSync("ps", ["-o", columns, "-p", pids.join(",")], { encoding: "utf8", timeout: 2000, maxBuffer: 1 << 22 });
  for (const line of (stdout ?? "").split("\n")) {
    const [pid, parent, state = "", rss, age = "", cpu = ""] = line.trim().split(/\s+/);
    if (cpu === "") continue;
    usage.set(Number(pid), {
      parent: Number(parent),
      state: STATES[state[0] ?? ""] ?? "unknown",
      age: millisecondsIn(age),
      cpu: millisecondsIn(cpu),
      memory: Number(rss) * 1024,
    });
  }
  return usage;
}

// Reads times such as "02-03:04:05.67" and "4:05".
function millisecondsIn(text: string): number {
  const [rest = "", days = "0"] = text.split("-").reverse();
  return Math.round(rest.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) * 1000) + Number(days) * 86_400_000;
}
