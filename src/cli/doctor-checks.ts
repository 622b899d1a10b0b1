import { Buffer } from "node:buffer";
import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import { Process } from "../api/process.ts";
import { Queue } from "../api/queue.ts";
import { platform, readProc } from "../runtime/platform.ts";
import { makeAddress, makeFolder, remove } from "../tree/folder.ts";
import { temporary } from "../tree/temporary.ts";
import { now } from "../util/clock.ts";
import { fs } from "../util/lazy-modules.ts";
import { ownModule } from "../util/package-urls.ts";

/** The lines of a report. */
export type Lines = (readonly [label: string, text: string])[];

const FEW_FILES = 256;
const FEW_PROCESSES = 64;
const NAMED_MEMORY = "/dev/shm";
const FEW_MEBIBYTES = 16;
/** The time in milliseconds in which a child must reply. */
const ANSWER_LIMIT = 20_000;

/** Checks the numbers of files and processes that this process may have. */
export function examineLimits(lines: Lines, advice: string[]): void {
  const text = attempt(() => readProc("self/limits")) ?? "";
  const limit = (label: string, name: string, few: number, raise: string): void => {
    const [, soft, hard] = new RegExp(`^Max ${name} +(\\w+) +(\\w+)`, "m").exec(text) ?? [];
    if (soft === undefined) return;
    lines.push([label, `${soft} of ${hard}`]);
    if (Number(soft) < few) advice.push(`This process may have only ${soft} ${name}: raise ${raise}.`);
  };
  limit("open files", "open files", FEW_FILES, "`ulimit -n`");
  limit("processes", "processes", FEW_PROCESSES, "`ulimit -u`");
}

/** Checks whether the temporary folder can contain sockets. */
export function examineTemporaryFolder(lines: Lines, advice: string[]): void {
  if (!platform.hasSocketFiles) {
    lines.push(["sockets", "named pipes, which need no folder"]);
    return;
  }
  let folder: string | undefined;
  try {
    folder = makeFolder();
    const length = Buffer.byteLength(makeAddress(folder));
    lines.push([
      "temporary folder",
      `${dirname(folder)}, writable; a socket's path there has ${length} of ${platform.longestSocketPath} bytes`,
    ]);
    if (dirname(folder) !== temporary())
      advice.push(`Sockets are not in ${temporary()}, which is too long, missing or not writable. To choose the folder, set TMPDIR.`);
  } catch (error) {
    lines.push(["temporary folder", "not writable"]);
    advice.push(`The temporary folder can't be written: set TMPDIR to one that can (${messageOf(error)}).`);
  } finally {
    if (folder !== undefined && existsSync(folder)) remove(folder);
  }
}

/** Checks whether there is room for named shared memory. */
export function examineNamedMemory(lines: Lines, advice: string[]): void {
  const free = attempt(() => {
    accessSync(NAMED_MEMORY, constants.W_OK);
    const { bavail, bsize } = fs().statfsSync(NAMED_MEMORY);
    return Math.floor((bavail * bsize) / 2 ** 20);
  });
  lines.push([NAMED_MEMORY, free === undefined ? "not writable" : `${free} MiB free for named shared memory; queues need none of it`]);
  if ((free ?? 0) < FEW_MEBIBYTES)
    advice.push(`Shared memory that has a name lies in ${NAMED_MEMORY}: make it writable, and larger (docker run --shm-size).`);
}

/** Checks whether a child can be started, and replies. */
export async function examineChild(lines: Lines, advice: string[]): Promise<void> {
  const begin = now();
  try {
    const q = new Queue<string>();
    const process = new Process({ target: { module: ownModule("cli/doctor-child"), name: "answer" }, args: [q] });
    await process.start();
    await process.result({ timeout: ANSWER_LIMIT });
    await q.get({ timeout: ANSWER_LIMIT });
    lines.push(["a child", `answered through a queue in ${Math.round(now() - begin)} ms`]);
    await process.join();
  } catch (error) {
    lines.push(["a child", "can't be used"]);
    advice.push(`A child could not be started, or did not reply: ${messageOf(error)}`);
  }
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    // The report leaves out the facts that the program has no permission to see.
    return undefined;
  }
}

/** Returns the message of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
