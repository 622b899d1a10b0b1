import { existsSync } from "node:fs";
import { constants } from "node:os";
import type { Door, Listener, Message, Nursery } from "../backend/backend.ts";
import { currentBackend } from "../backend/select.ts";
import { ProcessError } from "../errors.ts";
import { type ChildHandle, runtime } from "../runtime/runtime.ts";
import { endsWithin } from "../timing.ts";
import { encodeFrame, Op } from "../wire/frame.ts";
import { type CommandOptions, commandFor, toPath } from "./command.ts";
import { currentPlace } from "./family.ts";
import type { Boot, Job } from "./job.ts";
import { type Output, readOutput } from "./output.ts";
import { VERSION } from "./version.ts";

/** How long a dead child's piped stderr may still take to be read. */
const TAIL_LIMIT = 500;

/** How long the news that a dead child's line is closed may take: it is on its way when the process has ended. */
const LINE_LIMIT = 1000;

/** How a child ended. */
export interface Ending {
  /** Minus the signal's number when killed, as in Python. */
  readonly exitCode: number;
  readonly signal: string | null;
  /** The last lines of its stderr, where that is piped. */
  readonly stderr: string;
}

/** A child that exists. */
export interface Child {
  readonly pid: number;
  readonly stdout: ReadableStream<Uint8Array> | null;
  readonly stderr: ReadableStream<Uint8Array> | null;
  /** Settles exactly once; never rejects. */
  readonly ended: Promise<Ending>;
  kill(signal: "SIGTERM" | "SIGKILL"): void;
  /** Gives the child what it is to do, and hears its reports. */
  work(job: Omit<Job, "door">, cargo: Message, listen: Listener): void;
}

export interface LaunchSettings extends CommandOptions {
  readonly detached?: boolean;
  readonly preload?: readonly string[];
  readonly spare?: boolean;
}

const entry = new URL(`../child/main${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** Starts a child process and gives it its place in the tree. Rejects if its program can't be run. */
export async function launch(settings: LaunchSettings): Promise<Child> {
  const { detached = false } = settings;
  const nursery = await currentBackend().nurse(detached);
  try {
    const { child, started } = spawn(settings, nursery);
    for (const piece of encodeFrame({ op: Op.boot, id: 0, object: 0, meta: boot(settings, nursery) })) child.write(piece);
    await started;
    return watch(child, nursery);
  } catch (error) {
    nursery.tidy();
    throw startFailure(error, settings);
  }
}

function spawn(settings: LaunchSettings, nursery: Nursery): ReturnType<typeof runtime.spawn> {
  const command = commandFor(entry, settings, [nursery.family.folder]);
  const { env = {}, cwd, stdout = "inherit", stderr = "inherit" } = settings;
  return runtime.spawn({ ...command, env, cwd: cwd === undefined ? undefined : toPath(cwd), stdout, stderr });
}

function boot({ detached = false, preload = [], spare = false }: LaunchSettings, nursery: Nursery): Boot {
  const { family, orphaned } = nursery;
  return { version: VERSION, family, orphaned, detached, depth: currentPlace().depth + 1, parentPid: process.pid, preload, spare };
}

function watch(child: ChildHandle, nursery: Nursery): Child {
  const stdout = child.stdout === null ? undefined : readOutput(child.stdout);
  const stderr = child.stderr === null ? undefined : readOutput(child.stderr);
  let door: Door | undefined;
  const ended = child.exited.then(async ({ code, signal }): Promise<Ending> => {
    nursery.tidy();
    // Whoever hears of the end finds nothing held or awaited by the dead in this process.
    if (door !== undefined) await endsWithin(door.closed(), { timeout: LINE_LIMIT, signal: undefined });
    door?.release();
    return { exitCode: exitCode(code, signal), signal, stderr: await lastLines(stderr) };
  });
  return {
    pid: child.pid,
    stdout: stdout?.stream ?? null,
    stderr: stderr?.stream ?? null,
    ended,
    kill: (signal) => child.kill(signal),
    work: (job, cargo, listen) => {
      door = currentBackend().makeDoor(listen);
      for (const piece of encodeFrame({ op: Op.job, id: 0, object: 0, meta: { ...job, door: door.share() }, message: cargo }))
        child.write(piece);
    },
  };
}

async function lastLines(stderr: Output | undefined): Promise<string> {
  if (stderr === undefined) return "";
  // A grandchild may keep the pipe open.
  await endsWithin(stderr.ended, { timeout: TAIL_LIMIT, signal: undefined });
  return stderr.tail();
}

function exitCode(code: number | null, signal: string | null): number {
  if (signal === null) return code ?? 0;
  return -((constants.signals as Readonly<Record<string, number>>)[signal] ?? 0);
}

function startFailure(error: unknown, settings: LaunchSettings): unknown {
  if (error instanceof ProcessError || error instanceof TypeError) return error;
  const { cwd } = settings;
  const why = error instanceof Error ? error.message : String(error);
  if (cwd !== undefined && !existsSync(cwd))
    return new ProcessError(`The process could not be started: its cwd ${toPath(cwd)} does not exist.`, { cause: error });
  const { file } = commandFor(entry, settings, []);
  const hint = isDenied(error) ? ` ${runtime.needs}` : "";
  return new ProcessError(
    `The process could not be started: ${why}. Its program is ${JSON.stringify(file)}: is it there, and may it be run?${hint}`,
    { cause: error },
  );
}

// A runtime's own permissions, not the system's.
function isDenied(error: unknown): boolean {
  return error instanceof Error && (error.name === "NotCapable" || (error as NodeJS.ErrnoException).code === "ERR_ACCESS_DENIED");
}
