import { Buffer } from "node:buffer";
import { accessSync, constants, existsSync, readFileSync, realpathSync, statfsSync } from "node:fs";
import { release } from "node:os";
import { dirname } from "node:path";
import { Process } from "../api/process.ts";
import { Queue } from "../api/queue.ts";
import { fingerprint, libraryFile } from "../backend/native/library/library.ts";
import { type Capabilities, capabilities } from "../backend/registry.ts";
import { runtime } from "../runtime/current.ts";
import { makeAddress, makeFolder, remove } from "../tree/folder.ts";
import { ownModule } from "../util/package-urls.ts";
import { VERSION } from "../util/version.ts";

/** What the native backend uses, and the Linux that brought it; those that are `needed` the library tries itself. */
const FEATURES = [
  { name: "pidfd_open", since: "5.3", needed: true },
  { name: "memfd_create and fallocate", since: "3.17", needed: true },
  { name: "open file description locks", since: "3.15", needed: true },
  { name: "close_range", since: "5.9", needed: false },
  { name: "futex_waitv", since: "5.16", needed: false },
] as const;

/** A Unix socket's path has so many bytes, one of them a NUL. */
const LONGEST_PATH = 107;
const FEW_FILES = 256;
const FEW_PROCESSES = 64;
const NAMED_MEMORY = "/dev/shm";
const FEW_MEBIBYTES = 16;
const ANSWER_LIMIT = 20_000;

type Lines = [label: string, text: string][];

/** Says what this machine and runtime give, and what is off: the exit code. */
export async function doctor(): Promise<number> {
  const lines: Lines = [
    ["polyproc", VERSION],
    ["runtime", `${runtime.name} ${runtime.version}`],
  ];
  const advice: string[] = [];
  const can = backend(lines, advice);
  library(lines, advice, can);
  kernel(lines, can);
  limits(lines, advice);
  temporaryFolder(lines, advice);
  if (can?.backend === "native") namedMemory(lines, advice);
  if (can !== undefined) await child(lines, advice);
  const width = Math.max(...lines.map(([label]) => label.length)) + 2;
  for (const [label, text] of lines) console.log(label.padEnd(width) + text);
  console.log(advice.length === 0 ? "\nNothing is off." : "\nSomething is off:");
  for (const each of advice) console.log(`- ${each}`);
  return advice.length === 0 ? 0 : 1;
}

function backend(lines: Lines, advice: string[]): Capabilities | undefined {
  try {
    const can = capabilities();
    lines.push(["backend", `${can.backend}: ${can.reason}`]);
    return can;
  } catch (error) {
    lines.push(["backend", "none"]);
    advice.push(messageOf(error));
    return undefined;
  }
}

function library(lines: Lines, advice: string[], can: Capabilities | undefined): void {
  const named = attempt(libraryFile);
  const path = named === undefined ? undefined : attempt(() => realpathSync(named));
  const found = path === undefined ? undefined : attempt(() => fingerprint(path));
  lines.push(["library", path ?? (named === undefined ? "none" : `${named}, which is not there`)]);
  if (path === undefined || found === undefined) return;
  const verdicts = { true: "as built", false: "NOT AS BUILT", undefined: "nothing to compare it with" } as const;
  lines.push(["sha256", `${found.sha256} (${verdicts[`${found.asBuilt}`]})`]);
  if (can?.abi != null) lines.push(["ABI", String(can.abi)]);
  const wanted = attempt(() => process.env.POLYPROC_BACKEND) !== "portable";
  if (wanted && can?.backend === "portable" && runtime.refusesLibrary(path) === undefined)
    advice.push(`The native library is there and can't be used: ${can.reason}. The portable backend does its work.`);
}

function kernel(lines: Lines, can: Capabilities | undefined): void {
  if (process.platform !== "linux") return;
  const version = attempt(release);
  lines.push(["kernel", version ?? "unknown: the program may not ask"]);
  for (const { name, since, needed } of FEATURES) {
    if (can?.reason.includes(`refuses ${name}`)) lines.push([`  ${name}`, "refused"]);
    else if (needed && can?.backend === "native") lines.push([`  ${name}`, "yes, tried"]);
    else if (version !== undefined) lines.push([`  ${name}`, `${isAtLeast(version, since) ? "yes" : "no"}, by release: since ${since}`]);
  }
}

function limits(lines: Lines, advice: string[]): void {
  const text = attempt(() => readFileSync("/proc/self/limits", "utf8")) ?? "";
  const limit = (label: string, name: string, few: number, raise: string): void => {
    const [, soft, hard] = new RegExp(`^Max ${name} +(\\w+) +(\\w+)`, "m").exec(text) ?? [];
    if (soft === undefined) return;
    lines.push([label, `${soft} of ${hard}`]);
    if (Number(soft) < few) advice.push(`This process may have ${soft} ${name} alone: raise ${raise}.`);
  };
  limit("open files", "open files", FEW_FILES, "`ulimit -n`");
  limit("processes", "processes", FEW_PROCESSES, "`ulimit -u`");
}

function temporaryFolder(lines: Lines, advice: string[]): void {
  let folder: string | undefined;
  try {
    folder = makeFolder();
    const length = Buffer.byteLength(makeAddress(folder));
    lines.push(["temporary folder", `${dirname(folder)}, writable; a socket's path there has ${length} of ${LONGEST_PATH} bytes`]);
    if (length > LONGEST_PATH)
      advice.push(`The path of the temporary folder is ${length - LONGEST_PATH} bytes too long: set TMPDIR to a shorter one.`);
  } catch (error) {
    lines.push(["temporary folder", "not writable"]);
    advice.push(`The temporary folder can't be written: set TMPDIR to one that can (${messageOf(error)}).`);
  } finally {
    if (folder !== undefined && existsSync(folder)) remove(folder);
  }
}

function namedMemory(lines: Lines, advice: string[]): void {
  const free = attempt(() => {
    accessSync(NAMED_MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(NAMED_MEMORY);
    return Math.floor((bavail * bsize) / 2 ** 20);
  });
  lines.push([NAMED_MEMORY, free === undefined ? "not writable" : `${free} MiB free for named shared memory; queues need none of it`]);
  if ((free ?? 0) < FEW_MEBIBYTES)
    advice.push(`Shared memory that has a name lies in ${NAMED_MEMORY}: make it writable, and larger (docker run --shm-size).`);
}

async function child(lines: Lines, advice: string[]): Promise<void> {
  const begin = performance.now();
  try {
    const q = new Queue<string>();
    const process = new Process({ target: { module: ownModule("cli/doctor-child"), name: "answer" }, args: [q] });
    await process.start();
    await process.result({ timeout: ANSWER_LIMIT });
    await q.get({ timeout: ANSWER_LIMIT });
    lines.push(["a child", `answered through a queue in ${Math.round(performance.now() - begin)} ms`]);
    await process.join();
  } catch (error) {
    lines.push(["a child", "can't be used"]);
    advice.push(`A child was started and did not answer: ${messageOf(error)}`);
  }
}

function isAtLeast(version: string, wanted: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split(".").map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    // What can't be seen here is left out.
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
