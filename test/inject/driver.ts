// Runs a program until it waits at its gate, attaches strace, which makes one of its system calls fail, and observes how it ends.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { killTagged, TAG } from "../../tools/processes.ts";
import { tested } from "../suite/code.ts";
import { settled, taggedProcesses, unixSockets } from "../suite/leaks.ts";
import { commandLine, pathWithRuntimes } from "../suite/runtimes.ts";

const LIMIT_MS = 15_000;

/** The system calls that this library makes itself, with the error that each of them gets. */
export const FAULTS: Readonly<Record<string, string>> = {
  socketpair: "EMFILE",
  socket: "EMFILE",
  pipe2: "EMFILE",
  memfd_create: "EMFILE",
  ftruncate: "ENOMEM",
  fallocate: "ENOSPC",
  mmap: "ENOMEM",
  fcntl: "EMFILE",
  dup2: "EBUSY",
  openat: "EMFILE",
  vfork: "EAGAIN",
  clone: "EAGAIN",
  clone3: "EAGAIN",
  execve: "ENOMEM",
  setsid: "EPERM",
  pidfd_open: "EMFILE",
  pidfd_send_signal: "EPERM",
  wait4: "EINTR",
  waitid: "EINTR",
  epoll_create1: "EMFILE",
  epoll_ctl: "ENOSPC",
  bind: "EADDRINUSE",
  listen: "EADDRINUSE",
  connect: "EAGAIN",
  accept4: "EMFILE",
  setsockopt: "ENOBUFS",
  getsockopt: "ENOBUFS",
  sendmsg: "ENOBUFS",
  recvmsg: "ENOBUFS",
  sendto: "ENOBUFS",
  recvfrom: "ENOBUFS",
  chmod: "EPERM",
  poll: "EINTR",
};

export interface Scenario {
  readonly runtime: string;
  readonly backend: "native" | "portable";
  /** A program test/programs/inject-NAME.ts. */
  readonly name: string;
  readonly victim: "parent" | "child";
}

export interface Fault {
  readonly syscall: string;
  /** The victim's threads fail at their call of this number, from 1. */
  readonly when: number;
}

export interface Outcome {
  /** "ok", the name of an error, or one of the outcomes that must not be: "untyped", "uncaught", "hang" and "died". */
  readonly outcome: string;
  readonly detail: string;
  /** Processes, sockets and files that still exist 2 s after the end. */
  readonly left: readonly string[];
  /** How many calls strace let fail, and how many of them the native library made. */
  readonly hit: number;
  readonly own: number;
}

/** Whether this machine lets a process be traced. */
export function hasStrace(): boolean {
  return spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;
}

function waitFor<T>(find: () => T | undefined, limit: number): Promise<T | undefined> {
  const until = performance.now() + limit;
  return new Promise((resolve) => {
    const look = (): void => {
      const found = find();
      if (found !== undefined || performance.now() > until) resolve(found);
      else setTimeout(look, 10);
    };
    look();
  });
}

interface Traced extends Pick<Outcome, "outcome" | "detail" | "left"> {
  /** The log of strace. */
  readonly log: string;
}

async function trace({ runtime, backend, name, victim }: Scenario, flags: readonly string[]): Promise<Traced> {
  const folder = mkdtempSync(join(tmpdir(), "pp-inject-"));
  const temp = join(folder, "tmp");
  mkdirSync(temp);
  const [open, log, tag] = [join(folder, "open"), join(folder, "log"), randomUUID()];
  const program = fileURLToPath(tested.module(`test/programs/inject-${name}`));
  const [file, args] = commandLine(runtime, program);
  const env = {
    ...process.env,
    [TAG]: tag,
    TMPDIR: temp,
    PATH: pathWithRuntimes(),
    POLYPROC_BACKEND: backend,
    POLYPROC_TEST_GATE: `${victim}:${open}`,
    NODE_OPTIONS: "",
    VITEST: "",
    NO_COLOR: "1",
  };
  const child = spawn(file, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      output[stream] += text;
    });
  }
  let ended: number | string | undefined;
  child.on("exit", (code, signal) => {
    ended = code ?? signal ?? "?";
  });
  let tracer: ChildProcess | undefined;
  try {
    const pid = await waitFor(() => (ended === undefined ? /"ready":(\d+)/.exec(output.stdout)?.[1] : ""), LIMIT_MS);
    if (pid !== undefined && pid !== "") {
      tracer = spawn("strace", ["-f", "-k", "-b", "execve", "-o", log, ...flags, "-p", pid], { stdio: ["ignore", "ignore", "pipe"] });
      let attached = "";
      tracer.stderr?.setEncoding("utf8").on("data", (text: string) => {
        attached += text;
      });
      await waitFor(() => (attached.includes("attached") ? true : undefined), LIMIT_MS);
    }
    writeFileSync(open, "");
    await waitFor(() => ended, LIMIT_MS);
    const { outcome, detail } = outcomeOf(output, ended);
    const find = (): string[] => [...taggedProcesses(tag), ...unixSockets(temp), ...readdirSync(temp)];
    const left = ended === undefined ? [] : await settled(find, 2000);
    if (tracer !== undefined) await waitFor(() => tracer?.exitCode ?? tracer?.signalCode ?? undefined, 1000);
    return { outcome, detail, left, log: readLog(log) };
  } finally {
    killTagged(tag);
    tracer?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The outcome of a program, from its output and its exit. */
function outcomeOf(
  { stdout, stderr }: { stdout: string; stderr: string },
  ended: number | string | undefined,
): { outcome: string; detail: string } {
  const report = stdout.split("\n").find((line) => line.startsWith('{"outcome"'));
  const { outcome, detail = "" } = report === undefined ? {} : (JSON.parse(report) as { outcome?: string; detail?: string });
  const tail = `${detail}\n${stderr.slice(-1500)}`.trim();
  if (ended === undefined) return { outcome: "hang", detail: `after the outcome ${outcome}: ${tail}` };
  if (typeof ended === "string") return { outcome: "died", detail: `by ${ended}, after the outcome ${outcome}: ${tail}` };
  if (outcome === undefined || ended !== 0) return { outcome: "uncaught", detail: `exit code ${ended}: ${tail}` };
  return { outcome, detail: tail };
}

function readLog(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    // The program ended before it was traced.
    return "";
  }
}

interface Call {
  readonly thread: string;
  readonly syscall: string;
  readonly injected: boolean;
  /** Whether the native library made it; undefined while that is not known. */
  readonly own: boolean | undefined;
}

/**
 * Parses the log of strace. It has a line for each call, "THREAD NAME(...", and after it a line for each stack frame, " > FILE(...".
 * The frames of the C library come first.
 */
function callsOf(log: string): Call[] {
  const calls: (Call & { own: boolean | undefined })[] = [];
  for (const line of log.split("\n")) {
    const call = /^(\d+) +(?:<\.\.\. )?(\w+)(?:\(| resumed>)/.exec(line);
    if (call !== null && !line.includes("<unfinished ...>")) {
      const [, thread = "", syscall = ""] = call;
      calls.push({ thread, syscall, injected: line.includes("(INJECTED)"), own: undefined });
    } else if (line.startsWith(" >") && !/\blib(c|pthread)[.-]/.test(line)) {
      const last = calls.at(-1);
      if (last !== undefined) last.own ??= line.includes("polyproc.node");
    }
  }
  return calls;
}

/** Runs the scenario without a fault, and returns a fault for each call of the native library; with `all`, for each call of the victim. */
export async function faultsOf(
  scenario: Scenario,
  all = false,
  syscalls: readonly string[] = Object.keys(FAULTS),
): Promise<{ faults: Fault[]; outcome: string; detail: string }> {
  const { log, outcome, detail } = await trace(scenario, ["-e", `trace=${syscalls.join(",")}`]);
  const counts = new Map<string, number>();
  const faults = new Map<string, Fault>();
  for (const { thread, syscall, own } of callsOf(log)) {
    const when = (counts.get(`${thread} ${syscall}`) ?? 0) + 1;
    counts.set(`${thread} ${syscall}`, when);
    if ((own === true || all) && syscall in FAULTS) faults.set(`${syscall} ${when}`, { syscall, when });
  }
  const sorted = [...faults.values()].sort((a, b) => a.syscall.localeCompare(b.syscall) || a.when - b.when);
  return { faults: sorted, outcome, detail };
}

/** Runs the scenario with one fault. */
export async function inject(scenario: Scenario, { syscall, when }: Fault): Promise<Outcome> {
  const flags = ["-e", `trace=${syscall}`, "-e", `inject=${syscall}:error=${FAULTS[syscall]}:when=${when}`];
  const { outcome, detail, left, log } = await trace(scenario, flags);
  const hits = callsOf(log).filter(({ injected }) => injected);
  return { outcome, detail, left, hit: hits.length, own: hits.filter(({ own }) => own === true).length };
}

/** Whether a fault may have this outcome: success or a typed error, with nothing left behind. */
export function isSound({ outcome, left }: Outcome): boolean {
  return left.length === 0 && !["untyped", "uncaught", "hang", "died"].includes(outcome);
}
